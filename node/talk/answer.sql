-- Answers behind the pass: the statements that answer.c runs once it has looked at one.

-- :name answer_html :one
-- :in question_id int
-- :out html text
SELECT html FROM answer_body WHERE question_id = :question_id;

-- :name answer_markdown :one
-- :in question_id int
-- :out markdown text
SELECT markdown FROM answer_body WHERE question_id = :question_id;

-- :name answer_put :exec
-- :in question_id int, markdown text, html text, now int
INSERT INTO answer_body (question_id, markdown, html, edited_at) VALUES (:question_id, :markdown, :html, NULL)
ON CONFLICT (question_id) DO UPDATE SET markdown = excluded.markdown, html = excluded.html, edited_at = :now;
