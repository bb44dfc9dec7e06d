-- All that was done to one object: --set resource=deployments --set namespace=shop --set name=web
-- :limit = 200
SELECT time, verb, subresource, user, code, round(latency_ms, 1) AS ms, request_object
FROM events
WHERE resource = :resource AND namespace = :namespace AND name = :name
  AND stage IN ('ResponseStarted', 'ResponseComplete')
ORDER BY time
LIMIT :limit
