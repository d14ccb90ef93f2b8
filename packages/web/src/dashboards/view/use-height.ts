import { useLayoutEffect, useRef, useState, type RefObject } from 'react';

/** The height inside the paddings of an element, which its surroundings decide and not its content. */
export function useHeight<T extends HTMLElement>(): { ref: RefObject<T | null>; height: number } {
  const ref = useRef<T>(null);
  const [height, setHeight] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const measure = (): void => {
      const { paddingTop, paddingBottom } = getComputedStyle(element);
      setHeight(
        Math.floor(element.clientHeight - Number.parseFloat(paddingTop) - Number.parseFloat(paddingBottom)),
      );
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  return { ref, height };
}
