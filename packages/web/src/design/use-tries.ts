import { useEffect, useRef, useState } from 'react';

/** After a try with something missing the first field of the form that has a fault takes the focus. */
export function useTries() {
  const form = useRef<HTMLFormElement>(null);
  const [tryCount, setTryCount] = useState(0);
  useEffect(() => {
    if (tryCount > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [tryCount]);
  return { form, isTried: tryCount > 0, tryAgain: () => setTryCount((count) => count + 1) };
}
