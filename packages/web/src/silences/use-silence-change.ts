import { useMutation, useQueryClient } from '@tanstack/react-query';
import { RequestError } from '../api/http.ts';

/** Changes silences, and has everything that shows them asked for anew before `onDone`. */
export function useSilenceChange<Order, Answer>(
  change: (order: Order) => Promise<Answer>,
  onDone: (answer: Answer, order: Order) => void,
) {
  const queries = useQueryClient();
  const refresh = async (...keys: readonly string[]): Promise<void> => {
    await Promise.all(keys.map((key) => queries.invalidateQueries({ queryKey: [key] })));
  };
  return useMutation({
    mutationFn: change,
    onSuccess: async (answer, order) => {
      await refresh('silences', 'silence', 'managed-alerts');
      onDone(answer, order);
    },
    onError: (fault) => {
      // Signed out in the meantime: the dialog comes by itself once the session is looked at.
      if (fault instanceof RequestError && fault.status === 401) void refresh('session');
    },
  });
}
