-- The requests that took longest; watches are long by nature.
-- :limit = 20
SELECT round(latency_ms, 1) AS ms, time, user, verb, resource, namespace, name, code, agent
FROM events
WHERE verb <> 'watch' AND stage = 'ResponseComplete'
ORDER BY latency_ms DESC
LIMIT :limit
