/** One line of `vedette doctor`. */
export interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly message: string;
  readonly remedy?: string;
}
