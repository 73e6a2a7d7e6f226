-- The tables in which silos find each other, and the statements by which Orleans's ADO.NET clustering reads and writes them. It takes
-- each statement from OrleansQuery by its key and knows columns and parameters by name. A silo's row changes only together with its
-- cluster's version, and only from the version the writer has read: that makes changes one sequence.

CREATE TABLE IF NOT EXISTS OrleansQuery
(
    QueryKey varchar(64) PRIMARY KEY,
    QueryText varchar(8000) NOT NULL
);

CREATE TABLE IF NOT EXISTS OrleansMembershipVersionTable
(
    DeploymentId varchar(150) PRIMARY KEY,
    Version integer NOT NULL DEFAULT 0,
    Timestamp timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS OrleansMembershipTable
(
    DeploymentId varchar(150) NOT NULL REFERENCES OrleansMembershipVersionTable ON DELETE CASCADE,
    Address varchar(45) NOT NULL,
    Port integer NOT NULL,
    Generation integer NOT NULL,
    SiloName varchar(150) NOT NULL,
    HostName varchar(150) NOT NULL,
    Status integer NOT NULL,
    ProxyPort integer,
    SuspectTimes varchar(8000),
    StartTime timestamptz NOT NULL,
    IAmAliveTime timestamptz NOT NULL,
    PRIMARY KEY (DeploymentId, Address, Port, Generation)
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES

('InsertMembershipVersionKey', $query$
WITH added AS (INSERT INTO OrleansMembershipVersionTable (DeploymentId) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
SELECT count(*)::integer FROM added
$query$),

('InsertMembershipKey', $query$
WITH stepped AS
(
    UPDATE OrleansMembershipVersionTable AS version SET Version = version.Version + 1, Timestamp = now()
    WHERE version.DeploymentId = @DeploymentId AND version.Version = @Version AND NOT EXISTS
    (
        SELECT FROM OrleansMembershipTable AS silo
        WHERE silo.DeploymentId = @DeploymentId AND silo.Address = @Address AND silo.Port = @Port AND silo.Generation = @Generation
    )
    RETURNING version.DeploymentId
),
added AS
(
    INSERT INTO OrleansMembershipTable (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
    SELECT DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM stepped
    RETURNING 1
)
SELECT count(*)::integer FROM added
$query$),

('UpdateMembershipKey', $query$
WITH stepped AS
(
    UPDATE OrleansMembershipVersionTable AS version SET Version = version.Version + 1, Timestamp = now()
    WHERE version.DeploymentId = @DeploymentId AND version.Version = @Version AND EXISTS
    (
        SELECT FROM OrleansMembershipTable AS silo
        WHERE silo.DeploymentId = @DeploymentId AND silo.Address = @Address AND silo.Port = @Port AND silo.Generation = @Generation
    )
    RETURNING version.DeploymentId
),
changed AS
(
    UPDATE OrleansMembershipTable AS silo SET Status = @Status, SuspectTimes = @SuspectTimes, IAmAliveTime = @IAmAliveTime
    FROM stepped
    WHERE silo.DeploymentId = stepped.DeploymentId AND silo.Address = @Address AND silo.Port = @Port AND silo.Generation = @Generation
    RETURNING 1
)
SELECT count(*)::integer FROM changed
$query$),

('UpdateIAmAlivetimeKey', $query$
UPDATE OrleansMembershipTable SET IAmAliveTime = @IAmAliveTime
WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation
$query$),

('MembershipReadAllKey', $query$
SELECT version.DeploymentId, version.Version, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, SuspectTimes, StartTime, IAmAliveTime
FROM OrleansMembershipVersionTable AS version LEFT JOIN OrleansMembershipTable AS silo USING (DeploymentId)
WHERE version.DeploymentId = @DeploymentId
$query$),

('MembershipReadRowKey', $query$
SELECT version.DeploymentId, version.Version, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, SuspectTimes, StartTime, IAmAliveTime
FROM OrleansMembershipVersionTable AS version LEFT JOIN OrleansMembershipTable AS silo
    ON silo.DeploymentId = version.DeploymentId AND silo.Address = @Address AND silo.Port = @Port AND silo.Generation = @Generation
WHERE version.DeploymentId = @DeploymentId
$query$),

('GatewaysQueryKey', $query$
SELECT Address, ProxyPort, Generation FROM OrleansMembershipTable
WHERE DeploymentId = @DeploymentId AND Status = @Status AND ProxyPort > 0
$query$),

-- Their silos go with it.
('DeleteMembershipTableEntriesKey', $query$
DELETE FROM OrleansMembershipVersionTable WHERE DeploymentId = @DeploymentId
$query$),

-- 3 is the status of a silo that is active.
('CleanupDefunctSiloEntriesKey', $query$
DELETE FROM OrleansMembershipTable WHERE DeploymentId = @DeploymentId AND IAmAliveTime < @IAmAliveTime AND Status <> 3
$query$)

ON CONFLICT (QueryKey) DO UPDATE SET QueryText = EXCLUDED.QueryText;
