/** How the engine tells its owner what it met. Messages are constant sentences; what varies is a field. */
export interface Reporter {
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  /** Something was lost, damaged or refused; the engine goes on. */
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}
