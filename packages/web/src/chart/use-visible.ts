import { useEffect, useRef, useState, type RefObject } from 'react';

/** A chart is subscribed a little before it scrolls into view, so that it is there when it is seen. */
const MARGIN = '160px';

/** Whether an element is on screen, or nearly. */
export function useVisible<T extends HTMLElement>(): { ref: RefObject<T | null>; isVisible: boolean } {
  const ref = useRef<T>(null);
  const [isVisible, setIsVisible] = useState(false);
  useEffect(() => {
    if (ref.current === null) return;
    const observer = new IntersectionObserver(
      (entries) => setIsVisible(entries.at(-1)?.isIntersecting === true),
      { rootMargin: MARGIN },
    );
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return { ref, isVisible };
}
