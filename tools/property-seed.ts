/**
 * Imported before the tests: gives every fast-check property one seed, so that a run of the tests can be repeated.
 * `VEDETTE_SEED=<number>` takes another, to search further.
 */
import fc from 'fast-check';

const DEFAULT_SEED = 20_261_121;

fc.configureGlobal({ seed: Number(process.env['VEDETTE_SEED'] ?? DEFAULT_SEED) });
