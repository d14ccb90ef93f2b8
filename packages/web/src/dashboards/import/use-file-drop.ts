import { useEffect, useRef, useState } from 'react';

/** Takes files dropped anywhere on the page. `isOver` while one is held above it. */
export function useFileDrop(onFile: (file: File) => void): { readonly isOver: boolean } {
  const [isOver, setIsOver] = useState(false);
  const latest = useRef(onFile);
  latest.current = onFile;
  useEffect(() => {
    // Entering a child leaves its parent: the page is left when all is left.
    let depth = 0;
    const change = (next: number): void => {
      depth = next;
      setIsOver(next > 0);
    };
    const listeners: Readonly<Record<string, (event: DragEvent) => void>> = {
      dragenter: () => change(depth + 1),
      dragleave: () => change(Math.max(0, depth - 1)),
      // Without this the browser opens the file and the page is gone.
      dragover: (event) => event.preventDefault(),
      drop: (event) => {
        event.preventDefault();
        change(0);
        const file = event.dataTransfer?.files[0];
        if (file !== undefined) latest.current(file);
      },
    };
    const isFile = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const listen = (event: DragEvent): void => {
      if (isFile(event)) listeners[event.type]?.(event);
    };
    for (const type of Object.keys(listeners)) document.addEventListener(type as 'drop', listen);
    return () => {
      for (const type of Object.keys(listeners)) document.removeEventListener(type as 'drop', listen);
    };
  }, []);
  return { isOver };
}
