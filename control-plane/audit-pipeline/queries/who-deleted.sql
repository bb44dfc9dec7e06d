-- Who deleted this: --set resource=deployments --set namespace=shop --set name=web
-- :resource = %
-- :namespace = %
-- :name = %
-- :limit = 50
SELECT time, user, impersonated, verb, resource, namespace, name, code, source_ip, agent
FROM events
WHERE verb IN ('delete', 'deletecollection') AND stage = 'ResponseComplete' AND subresource = ''
  AND resource LIKE :resource AND namespace LIKE :namespace AND name LIKE :name
ORDER BY time DESC
LIMIT :limit
