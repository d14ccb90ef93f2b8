import { useSession } from '../account/use-session.ts';
import { RequestError } from '../api/http.ts';
import { Fault } from '../design/fault.tsx';

/**
 * Says why nothing is shown that depends on the reader's role: who that is could not be asked. Without any answer the
 * banner above says so already.
 */
export function SessionFault() {
  const { data, error, refetch } = useSession();
  if (data !== undefined || error === null) return null;
  if (error instanceof RequestError && error.status === 0) return null;
  return <Fault message={error.message} onRetry={refetch} />;
}
