import { Component, type ReactNode } from 'react';

export interface PanelBoundaryProps {
  /** A change tries again: other data may be drawn where these were not. */
  readonly resetKey: unknown;
  readonly fallback: (fault: Error) => ReactNode;
  readonly children: ReactNode;
}

interface State {
  readonly fault: Error | undefined;
  readonly resetKey: unknown;
}

/** Keeps a panel that throws to its own place. React knows no other way than a class. */
export class PanelBoundary extends Component<PanelBoundaryProps, State> {
  override state: State = { fault: undefined, resetKey: this.props.resetKey };

  static getDerivedStateFromError(fault: unknown): Partial<State> {
    return { fault: fault instanceof Error ? fault : new Error(String(fault)) };
  }

  static getDerivedStateFromProps(props: PanelBoundaryProps, state: State): Partial<State> | null {
    return props.resetKey === state.resetKey ? null : { fault: undefined, resetKey: props.resetKey };
  }

  override render(): ReactNode {
    const { fault } = this.state;
    return fault === undefined ? this.props.children : this.props.fallback(fault);
  }
}
