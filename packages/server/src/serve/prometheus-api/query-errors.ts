import { InputError } from '@vedette/model';
import { invalidParameter } from './api-error.ts';

/** An expression that cannot be understood is a fault of the parameter `query`, and says so as upstream does. */
export async function withQueryErrors<T>(evaluate: () => Promise<T>): Promise<T> {
  try {
    return await evaluate();
  } catch (error) {
    if (error instanceof InputError && !error.message.startsWith('invalid parameter'))
      throw invalidParameter('query', error.message);
    throw error;
  }
}
