/** Version negotiation: the client names what it speaks, the relay picks the highest that it speaks too. */
import { PROTOCOL_VERSION } from './schema.ts'

/** Every version that this build speaks, highest first. */
export const supportedVersions: readonly number[] = [PROTOCOL_VERSION]

/** The highest version in both lists, or `undefined` when the two sides cannot talk. */
export function negotiateVersion(
  offered: readonly number[],
  spoken: readonly number[] = supportedVersions,
): number | undefined {
  const common = spoken.filter((version) => offered.includes(version))
  return common.length === 0 ? undefined : Math.max(...common)
}
