/** No authentication: everybody is the same nobody, and may write everywhere. For the loopback interface only. */
import type { Authenticator, Principal } from './authenticator.ts'

const nobody: Principal = { subject: undefined, expiresAt: undefined, grant: () => ({ access: 'write' }) }

export const anonymousAuthenticator: Authenticator = { authenticate: () => Promise.resolve(nobody) }
