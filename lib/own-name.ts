import { Stack, Stage } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';
import { stackName } from '../lambda/core/stack-name.ts';
import { SettingsError } from './given-settings.ts';
import type { Settings } from './settings.ts';

/** By app: the constructs and their names. */
const named = new WeakMap<IConstruct, Map<IConstruct, string>>();

/**
 * Throws a SettingsError if another construct of the app has the name in the same account and Region. Secrets, functions and alarms
 * derive from it, so that CloudFormation would fail half-way.
 */
export function requireOwnName(construct: IConstruct, { name }: Settings): void {
  const own = stackName(name);
  const names = named.get(construct.node.root) ?? new Map<IConstruct, string>();
  for (const [other, taken] of names) {
    if (taken !== own || !mayShareEnvironment(construct, other)) continue;
    throw new SettingsError(
      `${construct.node.path} and ${other.node.path} are both called ${own}; expected another name for one of them.`,
    );
  }
  named.set(construct.node.root, names.set(construct, own));
}

/** Stacks without a known environment go to the same one, but for those of two Stages, each of which may have its own. */
function mayShareEnvironment(one: IConstruct, other: IConstruct): boolean {
  const { account, environment, region } = Stack.of(one);
  if (environment !== Stack.of(other).environment) return false;
  const isKnown = environment === `aws://${account}/${region}`;
  return isKnown || Stage.of(one) === Stage.of(other);
}
