import time
from tests import makers
from tests.coding.conftest import make_bench
from app.coding.submissions import last_submissions
from app.coding.desk import desk
from app.coding.queries import own_rounds, own_queue
def test_speed(session):
    b = make_bench(session)
    incs = makers.make_incidents(session, b.lead, 1500)
    r = makers.make_round(session, b.lead, [b.ada, b.ben], incs)
    from app.rounds.queries import assignments_of
    t=time.time(); n=0
    for viewer in (b.ada, b.ben):
        for a in assignments_of(session, r, viewer.member.id)[:400]:
            makers.code_and_submit(session, viewer, a, {b.cause.id:[b.config], b.symptom.id:[b.slow,b.down]}); n+=4
    print("act ms", (time.time()-t)/n*1000)
    a = makers.assignment_of(session, b.ada, r)
    for f in (lambda: desk(session,b.ada,a.id), lambda: own_rounds(session,b.ada), lambda: own_queue(session,b.ada,r)):
        t=time.time(); f(); print("ms", (time.time()-t)*1000)
    makers.move_round(session,b.lead,r,"settling")
    t=time.time(); w=last_submissions(session,r); print(len(w),"last ms",(time.time()-t)*1000)
