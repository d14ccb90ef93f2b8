import { ROLES } from '@vedette/api';
import { z } from 'zod';

const names = z.array(z.string().min(1)).default([]);

/** `server.oidc`. */
export const oidcSchema = z.strictObject({
  issuer: z
    .url({ protocol: /^https?$/ })
    .describe(
      'Address of the provider; what it supports is read from `/.well-known/openid-configuration` below it. Plain http is for loopback alone.',
    ),
  client_id: z.string().min(1).describe('What the provider knows this server as.'),
  client_secret_file: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A file with the secret of the client; without it the client is a public one, which PKCE protects.',
    ),
  scopes: z
    .array(z.string().min(1))
    .default(['openid', 'profile', 'email'])
    .describe('What is asked for. `openid` must be among them.'),
  name_claim: z
    .string()
    .min(1)
    .default('preferred_username')
    .describe('The claim with the name of the account; where it is missing, `email`, then `sub`.'),
  role_claim: z
    .string()
    .min(1)
    .default('groups')
    .describe(
      'The claim with the groups of the person, a text or a list; dots lead into objects: `realm_access.roles`.',
    ),
  roles: z
    .strictObject({
      viewer: names.describe('Groups whose members may look.'),
      operator: names.describe('Groups whose members may also silence alerts and lift decisions.'),
      admin: names.describe('Groups whose members may do everything.'),
    })
    .prefault({})
    .describe('The groups of each role; of several the highest counts.'),
  default_role: z
    .enum([...ROLES, 'none'])
    .default('none')
    .describe('The role of whoever is in none of these groups; `none` keeps them out.'),
  name: z
    .string()
    .min(1)
    .max(40)
    .default('OpenID Connect')
    .describe('What the button says: `Sign in with NAME`.'),
});

export type OidcConfig = z.output<typeof oidcSchema>;
