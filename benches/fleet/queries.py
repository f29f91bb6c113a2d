"""Asks a dataset of many snapshots: classes and holders that grow across the fleet, and outliers by host.

    python3 benches/fleet/queries.py {duckdb|spark} DATASET

DATASET is the folder of `heapglass export … --partition host=… `; both engines run the same queries and must agree.
"""
import json
import sys
import time

QUERIES = {
    # Classes whose number of objects grew on most hosts between the first and the last time.
    "growing classes": """
        WITH counts AS (SELECT host, snapshot, name, sum(count) AS objects FROM classes GROUP BY host, snapshot, name),
             ends AS (SELECT host, name, min_by(objects, snapshot) AS first, max_by(objects, snapshot) AS last
                      FROM counts GROUP BY host, name)
        SELECT name, count(*) AS hosts, sum(last - first) AS grown FROM ends WHERE last > first
        GROUP BY name ORDER BY hosts DESC, grown DESC, name LIMIT 5""",
    # Holders whose entries grew, with the number of hosts.
    "growing holders": """
        WITH ends AS (SELECT host, holder, min_by(entries, snapshot) AS first, max_by(entries, snapshot) AS last
                      FROM holders GROUP BY host, holder)
        SELECT holder, count(*) AS hosts, sum(last - first) AS grown FROM ends WHERE last > first
        GROUP BY holder ORDER BY hosts DESC, grown DESC, holder LIMIT 5""",
    # Hosts that grew more than twice as much as the median host.
    "outliers": """
        WITH sizes AS (SELECT host, min_by(total_size, snapshot) AS first, max_by(total_size, snapshot) AS last
                       FROM snapshots GROUP BY host),
             typical AS (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY last - first) AS growth FROM sizes)
        SELECT host, last - first AS grown FROM sizes, typical WHERE last - first > 2 * growth ORDER BY grown DESC, host""",
    # References to the objects of a class, by their kind, over all snapshots.
    "references": """
        SELECT e.kind, count(*) AS refs FROM edges e
        JOIN nodes n ON e.host = n.host AND e.snapshot = n.snapshot AND e.to_id = n.id
        WHERE n.class = 'Session' GROUP BY e.kind ORDER BY refs DESC, e.kind LIMIT 5""",
}
TABLES = ["snapshots", "nodes", "edges", "classes", "holders"]


def duckdb_engine(folder):
    import duckdb

    db = duckdb.connect()
    for table in TABLES:
        files = f"{folder}/{table}/**/*.parquet"
        db.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{files}', hive_partitioning = true)")
    return lambda query: [list(row) for row in db.execute(query).fetchall()]


def spark_engine(folder):
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    for table in TABLES:
        spark.read.parquet(f"{folder}/{table}").createOrReplaceTempView(table)
    return lambda query: [list(row) for row in spark.sql(query).collect()]


def main():
    engine, folder = sys.argv[1], sys.argv[2]
    ask = {"duckdb": duckdb_engine, "spark": spark_engine}[engine](folder)
    for name, query in QUERIES.items():
        started = time.monotonic()
        rows = [[int(cell) if isinstance(cell, float) and cell.is_integer() else cell for cell in row] for row in ask(query)]
        print(json.dumps({"query": name, "seconds": round(time.monotonic() - started, 2), "rows": rows}, default=int))


main()
