/** One version of a secret. Times are by the service's clock. */
export interface SecretVersion {
  readonly versionId: string;
  readonly labels: readonly string[];
  readonly createdAtMs: number;
}

/**
 * The calls to Secrets Manager that the vault uses.
 * Every failure is a `Failure`: `session_unknown` if there is no such secret,
 * `secret_full` if it has no room for a version, else `secrets_unavailable`.
 */
export interface SecretStore {
  /** GetSecretValue: the version that carries AWSCURRENT. */
  readCurrent(session: string): Promise<SecretVersion & { readonly text: string }>;
  /** GetSecretValue by version id. `undefined` if there is no such version. */
  readVersion(session: string, versionId: string): Promise<SecretVersion | undefined>;
  /** All pages of ListSecretVersionIds, with deprecated versions, and the time by the service's clock. */
  listVersions(
    session: string,
  ): Promise<{ readonly versions: readonly SecretVersion[]; readonly nowMs: number }>;
  /**
   * PutSecretValue. A version id can be written once: the same text again succeeds, another text is a conflict.
   * Moves the label from any other version. The label is never AWSCURRENT.
   */
  putVersion(
    session: string,
    version: { readonly versionId: string; readonly text: string; readonly label: string },
  ): Promise<'written' | 'conflict'>;
  /**
   * UpdateSecretVersionStage. Moves the label from one version to another. Without `from`, it must be on no version or
   * on `to`. Without `to`, it is removed. If it is on another version, the result is a conflict.
   */
  moveLabel(
    session: string,
    move: { readonly label: string; readonly from?: string; readonly to?: string },
  ): Promise<'moved' | 'conflict'>;
}
