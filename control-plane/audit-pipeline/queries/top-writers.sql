-- Who writes most, and what.
-- :limit = 20
SELECT user, resource, verb, count(*) AS writes
FROM events
WHERE verb IN ('create', 'update', 'patch', 'delete', 'deletecollection')
GROUP BY user, resource, verb
ORDER BY writes DESC
LIMIT :limit
