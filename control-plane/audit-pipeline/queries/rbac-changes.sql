-- Who changed who may do what.
-- :limit = 50
SELECT time, user, impersonated, verb, resource, namespace, name, code, request_object
FROM events
WHERE verb IN ('create', 'update', 'patch', 'delete', 'deletecollection')
  AND resource IN ('roles', 'rolebindings', 'clusterroles', 'clusterrolebindings')
  AND api_group = 'rbac.authorization.k8s.io' AND stage = 'ResponseComplete'
ORDER BY time DESC
LIMIT :limit
