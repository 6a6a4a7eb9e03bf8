-- Incidents as they stand.
CREATE OR REPLACE VIEW {{.Database}}.v_incidents {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT incident, rule, partner, location, product, subject, severity,
    multiIf(closed_at > toDateTime64(0, 3, 'UTC'), 'closed', snoozed_until > now64(3), 'snoozed', acknowledged_by != '', 'acknowledged', 'open') AS state,
    opened_at, closed_at, since, evidence, text_en, text_zh,
    if(closed_at > toDateTime64(0, 3, 'UTC'), dateDiff('second', data_at, closed_at), dateDiff('second', data_at, now64(3))) AS data_age_s,
    reinterpret(units_micros, 'Decimal(18, 6)') AS units_at_stake,
    if(isNull(money_micros), NULL, reinterpret(assumeNotNull(money_micros), 'Decimal(18, 6)')) AS money_at_stake,
    acknowledged_by, assigned_to, if(snoozed_until > now64(3), snoozed_until, toDateTime64(0, 3, 'UTC')) AS snoozed_until,
    raises, comments, why_en AS why, why_zh, notified
FROM
(
    SELECT i.incident AS incident, any(i.rule) AS rule, any(i.partner) AS partner, any(i.location) AS location, any(i.product) AS product, any(i.subject) AS subject,
        minIf(i.at, i.event = 'opened') AS opened_at, minIf(i.at, i.event = 'closed') AS closed_at,
        argMaxIf((i.severity, i.since, i.data_at, i.evidence, i.text_en, i.text_zh, i.units_micros, tuple(i.money_micros)), (i.written_at, i.seq), i.event IN ('opened', 'evidence')) AS newest,
        newest.1 AS severity, newest.2 AS since, newest.3 AS data_at, newest.4 AS evidence, newest.5 AS text_en, newest.6 AS text_zh, newest.7 AS units_micros, newest.8.1 AS money_micros,
        argMaxIf(i.who, i.written_at, i.event = 'acknowledged') AS acknowledged_by, argMaxIf(i.who, i.written_at, i.event = 'assigned') AS assigned_to,
        argMaxIf(if(i.event = 'snoozed', i.until, toDateTime64(0, 3, 'UTC')), i.written_at, i.event IN ('snoozed', 'unsnoozed', 'raised')) AS snoozed_until,
        countIf(i.event = 'raised') AS raises, groupArrayIf((i.at, i.who, i.why_en), i.event = 'commented') AS comments,
        argMinIf(i.why_en, i.written_at, i.event = 'closed') AS why_en, argMinIf(i.why_zh, i.written_at, i.event = 'closed') AS why_zh,
        groupUniqArrayIf(concat(i.channel, ': ', i.about), i.event = 'notified' AND i.ok) AS notified
    FROM {{.Database}}.incidents AS i
    WHERE i.incident != '' AND i.rule != ''
    GROUP BY i.incident
    HAVING countIf(i.event = 'opened') > 0
);
