/** Who acts. A plain string is a user's id. */
export type SubjectLike = string | Subject;

export interface Subject {
  readonly scope: SubjectScope;
  /** As the application knows it; with pseudonyms it leaves the process only as one. 1 to `SUBJECT_ID_BYTES_MAX` bytes. */
  readonly id: string;
}

/** `range` is an IP network such as `203.0.113.0/24`; `key` an API key or a tenant. */
export type SubjectScope = 'user' | 'ip' | 'range' | 'session' | 'key';

export const SUBJECT_SCOPES: readonly SubjectScope[] = ['user', 'ip', 'range', 'session', 'key'];

// Ids are UUIDs, mail addresses, LINE ids (33 characters): 256 bytes leave room; longer ones are hashed by the SDK, or refused.
export const SUBJECT_ID_BYTES_MAX = 256;
