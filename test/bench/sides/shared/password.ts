/** The password of the accounts that log in, and how the auth service hashes one (`PARAMETERS` there). */
export const password = 'correct horse battery';
export const HASH = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
