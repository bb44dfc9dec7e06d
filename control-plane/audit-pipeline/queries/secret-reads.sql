-- Who read secrets, and how often: --set namespace=shop --set name=door
-- :namespace = %
-- :name = %
-- :limit = 50
SELECT user, impersonated, verb, namespace, name, count(*) AS times, max(time) AS last
FROM events
WHERE resource = 'secrets' AND verb IN ('get', 'list', 'watch') AND stage = 'ResponseComplete'
  AND code < 400 AND namespace LIKE :namespace AND name LIKE :name
GROUP BY user, impersonated, verb, namespace, name
ORDER BY last DESC
LIMIT :limit
