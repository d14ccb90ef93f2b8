/** Who takes part in `crowd.ts`: the same in every process. */
export const USERS = 50_000;

/** 3,333 actions a second together; nobody of them comes near 30 a minute. */
export const HONEST_PER_MINUTE = 4;

export interface SteadyUser {
  readonly name: string;
  readonly perMinute: number;
}

/** Honest, and busier than others: 12 a minute on average, by chance above twenty. */
export const BUSY_USERS: readonly SteadyUser[] = Array.from({ length: 100 }, (_, i) => ({
  name: `busy-${i}`,
  perMinute: 12,
}));

/** From a half above the threshold of 30 to four times it. */
export const ABUSERS: readonly SteadyUser[] = Array.from({ length: 50 }, (_, i) => ({
  name: `abuser-${i}`,
  perMinute: 45 + (i * 75) / 49,
}));

export const ACTIONS = [
  'list',
  'view',
  'search',
  'next_card',
  'previous_card',
  'like',
  'share',
  'help',
  'quiz',
  'menu',
];

export interface ApplicationReport {
  /** Subject and time of each action of an abuser that was let through. */
  readonly acted: [string, number][];
  /** When `check` refused each abuser for the first time. */
  readonly refusedAt: Record<string, number>;
  honestRefused: number;
  attempts: number;
}
