/** One version of a secret, as Secrets Manager tells it. Times are the service's own. */
export interface SecretVersion {
  readonly versionId: string;
  readonly labels: readonly string[];
  readonly createdAtMs: number;
}

/**
 * The calls to Secrets Manager that the vault is made of; nothing here knows what they are for.
 * Every failure is a `Failure`: `session_unknown` where there is no such secret,
 * `too_many_logouts` where there is no room for a version, else `secrets_unavailable`.
 */
export interface SecretStore {
  /** GetSecretValue: the version that carries AWSCURRENT. */
  readCurrent(session: string): Promise<SecretVersion & { readonly text: string }>;
  /** GetSecretValue by version id; `undefined` where there is no such version. */
  readVersion(session: string, versionId: string): Promise<SecretVersion | undefined>;
  /** ListSecretVersionIds with deprecated versions included, whole, and the service's clock at that moment. */
  listVersions(
    session: string,
  ): Promise<{ readonly versions: readonly SecretVersion[]; readonly nowMs: number }>;
  /**
   * PutSecretValue. The version id can be written once: the same text again is no fault, another text is a conflict.
   * Labels are moved here from wherever they are; never AWSCURRENT.
   */
  putVersion(
    session: string,
    version: { readonly versionId: string; readonly text: string; readonly label: string },
  ): Promise<'written' | 'conflict'>;
  /**
   * UpdateSecretVersionStage: the label goes from one version to another; without `from` it must be on none (or on `to`
   * already), without `to` it is taken off. A conflict where it is elsewhere.
   */
  moveLabel(
    session: string,
    move: { readonly label: string; readonly from?: string; readonly to?: string },
  ): Promise<'moved' | 'conflict'>;
}
