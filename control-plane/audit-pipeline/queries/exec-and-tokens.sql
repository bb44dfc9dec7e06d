-- Who went into containers, and who asked for tokens of accounts.
-- :limit = 50
SELECT time, user, impersonated, verb, resource, subresource, namespace, name, code, source_ip
FROM events
WHERE ((resource = 'pods' AND subresource IN ('exec', 'attach', 'portforward', 'ephemeralcontainers'))
    OR (resource = 'serviceaccounts' AND subresource = 'token'))
  AND stage IN ('ResponseStarted', 'ResponseComplete')
ORDER BY time DESC
LIMIT :limit
