/**
 * Names of pods without asking Kubernetes: the kubelet keeps the log of each container under a name that has
 * them all, `/var/log/containers/POD_NAMESPACE_CONTAINER-ID.log`, and a directory for each pod,
 * `/var/log/pods/NAMESPACE_POD_UID`. Listing them takes no right to read a log. None of the names may have
 * an underscore. A sandbox (the pause container) has no log: it is known by the id of its pod.
 */
import type { CgroupIdentity } from '../cgroup-identity.ts';
import type { ContainerFiles } from '../container-files.ts';
import { factOf } from './facts.ts';

// A node holds 110 pods by default and 500 at most; logs of ended containers stay for a while.
export const POD_LOGS_LISTED_MAX = 10_000;

const LOG = /^([^_]+)_([^_]+)_([^_]+)-([0-9a-f]{64})\.log$/;
const POD = /^([^_]+)_([^_]+)_([^_]+)$/;

export interface PodFacts {
  readonly pod: string;
  readonly namespace: string;
  /** Empty for a sandbox. */
  readonly container: string;
}

export class PodNames {
  readonly #files: ContainerFiles;
  #byContainer = new Map<string, PodFacts>();
  #byPod = new Map<string, PodFacts>();

  constructor(files: ContainerFiles) {
    this.#files = files;
  }

  /** Looks at the directories again. */
  refresh(): void {
    this.#byContainer = new Map();
    for (const name of this.#files.names('/var/log/containers', POD_LOGS_LISTED_MAX) ?? []) {
      const [, pod = '', namespace = '', container = '', id = ''] = LOG.exec(name) ?? [];
      if (id !== '')
        this.#byContainer.set(id, {
          pod: factOf(pod),
          namespace: factOf(namespace),
          container: factOf(container),
        });
    }
    this.#byPod = new Map();
    for (const name of this.#files.names('/var/log/pods', POD_LOGS_LISTED_MAX) ?? []) {
      const [, namespace = '', pod = '', uid = ''] = POD.exec(name) ?? [];
      if (uid !== '') this.#byPod.set(uid, { pod: factOf(pod), namespace: factOf(namespace), container: '' });
    }
  }

  find({ containerId, podUid }: CgroupIdentity): PodFacts | undefined {
    return podUid === '' ? undefined : (this.#byContainer.get(containerId) ?? this.#byPod.get(podUid));
  }
}
