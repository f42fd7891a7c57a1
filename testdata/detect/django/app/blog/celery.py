from celery import Celery

app = Celery("blog")
app.conf.beat_schedule = {}
