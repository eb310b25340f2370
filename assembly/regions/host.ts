// What the engine asks the host about rights. The file's name is the module the function is imported from.

/** Should the VM release the region (number + 1)? JUDGE_KEEP, JUDGE_RELEASE, or anything else on failure. */
export declare function releaseJudge(vm: u32, region: u32): i32;
