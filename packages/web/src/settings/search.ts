/** What the sections of the settings keep in the address. */
export interface SettingsSearch {
  /** Cardinality: one job, one metric. */
  job?: string;
  metric?: string;
  /** Audit log: who, what. */
  actor?: string;
  action?: string;
}

const KEYS = ['job', 'metric', 'actor', 'action'] as const;

export function settingsSearch(raw: Readonly<Record<string, unknown>>): SettingsSearch {
  const search: SettingsSearch = {};
  for (const key of KEYS) {
    const value = raw[key];
    if (typeof value === 'string' && value !== '') search[key] = value;
  }
  return search;
}
