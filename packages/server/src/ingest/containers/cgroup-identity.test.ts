import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findIdentity } from './cgroup-identity.ts';

const ID = '0123456789abcdef'.repeat(4);
const UID = '0a1b2c3d-0000-1111-2222-333344445555';

function check(path: string, want: readonly [kind: string, name: string, podUid: string] | undefined): void {
  const found = findIdentity(path, { withServices: false });
  assert.deepEqual(found && [found.kind, found.name, found.podUid], want, path);
}

test('engines name their groups by 64 digits, under systemd and without it', () => {
  const want = ['engine', '0123456789ab', ''] as const;
  check(`/system.slice/docker-${ID}.scope`, want);
  check(`/docker/${ID}`, want);
  check(`/machine.slice/libpod-${ID}.scope`, want);
  check(`/libpod_parent/libpod-${ID}`, want);
  check(`/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope`, want);
  check(`/system.slice/nerdctl-${ID}.scope`, want);
  check(`/default/${ID}`, want);
});

test('containers of pods carry the id of their pod, dashes restored', () => {
  const want = ['engine', '0123456789ab', UID] as const;
  const slice = `kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice`;
  check(`/kubepods.slice/kubepods-burstable.slice/${slice}/cri-containerd-${ID}.scope`, want);
  check(`/kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice/crio-${ID}.scope`, want);
  check(`/kubepods/besteffort/pod${UID}/${ID}`, want);
  const hash = 'ab'.repeat(16);
  check(`/kubepods/burstable/pod${hash}/${ID}`, ['engine', '0123456789ab', hash]);
});

test('machines go by their names, as they are written in units', () => {
  check(String.raw`/machine.slice/systemd-nspawn@my\x2dbox.service`, ['machine', 'my-box', '']);
  check('/machine.slice/machine-debian.scope', ['machine', 'debian', '']);
  check('/lxc.payload.web', ['machine', 'web', '']);
  check('/lxc/101', ['machine', '101', '']);
});

test('what is around containers is none', () => {
  check('/system.slice', undefined);
  check('/system.slice/nginx.service', undefined);
  check(`/machine.slice/libpod-conmon-${ID}.scope`, undefined);
  check(`/system.slice/crio-conmon-${ID}.scope`, undefined);
  check(`/kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice`, undefined);
  check(String.raw`/machine.slice/machine-qemu\x2d1\x2dvm.scope`, undefined);
  check('/lxc.monitor.web', undefined);
  check(`/docker/${ID.slice(1)}`, undefined);
  check(`/docker/${ID}0`, undefined);
  check(`/docker/${ID.toUpperCase()}`, undefined);
  check('/', undefined);
  check('', undefined);
});

test('services count when they are wanted; a machine that is a service is a machine', () => {
  const kindOf = (path: string): string | undefined => findIdentity(path, { withServices: true })?.kind;
  assert.equal(kindOf('/system.slice/nginx.service'), 'service');
  assert.equal(kindOf('/machine.slice/systemd-nspawn@x.service'), 'machine');
  assert.equal(kindOf('/system.slice/nginx.socket'), undefined);
});
