import { PROMETHEUS_VERSION, VEDETTE_VERSION } from '../lib/version.ts';
import { assertNoArguments, EXIT, parseOptions, type Command } from './command.ts';

export const versionCommand: Command = {
  help: `Prints the versions of Vedette, of Node and of the Prometheus release that Vedette follows.

Usage: vedette version [--json]

Examples:
  vedette version
  vedette version --json
`,
  run: (args, io) => {
    const { values, positionals } = parseOptions(args, { json: { type: 'boolean' } });
    assertNoArguments(positionals);
    const versions = {
      vedette: VEDETTE_VERSION,
      node: process.versions.node,
      prometheus: PROMETHEUS_VERSION,
      platform: `${process.platform}-${process.arch}`,
    };
    io.out(
      values.json === true
        ? `${JSON.stringify(versions)}\n`
        : `vedette ${versions.vedette}  node ${versions.node}  ${versions.platform}  follows Prometheus ${versions.prometheus}\n`,
    );
    return Promise.resolve(EXIT.ok);
  },
};
