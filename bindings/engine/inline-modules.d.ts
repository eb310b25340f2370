/** The two shipped modules as base64. The build writes the values beside the compiled bindings; from source there are none. */
export const releaseBase64: string;
export const releaseSharedBase64: string;
