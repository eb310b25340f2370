// Written by scripts/build.mjs: worker-web.js as text.
export const workerText: string;
