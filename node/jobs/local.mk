# sources of node/jobs
SQL_STORE += node/jobs/jobs.sql
