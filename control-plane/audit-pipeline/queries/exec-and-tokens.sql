-- Who went into containers, and who asked for tokens of accounts.
-- :limit = 50
SELECT time, user, impersonated, verb, resource, subresource, namespace, name, code, source_ip
FROM events
WHERE subresource IN ('exec', 'attach', 'portforward', 'ephemeralcontainers', 'token')
  AND resource IN ('pods', 'serviceaccounts')
  AND stage IN ('ResponseStarted', 'ResponseComplete')
ORDER BY time DESC
LIMIT :limit
