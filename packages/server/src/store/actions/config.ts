import { z } from 'zod';
import { byteSize, durationMs } from '../../lib/schema.ts';

/** The key `actions` of the guard: how long single actions are kept. */
export const actionStoreConfig = z
  .strictObject({
    // A week: a backtest sees every day of it once, and what is kept of a person is short.
    retention: durationMs
      .refine((ms) => ms > 0, 'must be longer than 0')
      .prefault('7d')
      .describe('How long single actions are kept, for backtests and for `vedette guard why`.'),
    // 100 million rows of about 10 bytes: a week of 165 a second.
    max_size: byteSize
      .refine((bytes) => bytes >= 2 ** 20, 'must be at least 1MB')
      .prefault('1GB')
      .describe('Space for them; beyond it the oldest go.'),
  })
  .prefault({})
  .describe('Single actions, as applications sent them.');
