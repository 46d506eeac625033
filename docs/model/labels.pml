/*
 * The rules of labels, and of passing a reign, in every interleaving (docs/protocol.md#labels, #bridges).
 *
 * Checked: there is no cycle; on every link that both ends hold the parent's label is the greater one; a parent's new
 * label never lowers its child's; a node that was locked without children has none; nobody has two ways up.
 * Everybody asks anybody, raises its label and passes its reign whenever the rules allow it: so whatever a node's
 * reasons are, this covers them. Messages take any time. A link may break at any moment (a cut), its ends notice that
 * in any order, and what was sent may still arrive.
 *
 * One node has at most one way up: a question to `up` (ASKED, then YES or NO on its way back), a parent (HANGS), or a
 * link that turns round, on which its former child answers (TAKEN). `held` says that the other end's entry in `kids`
 * belongs to that link; every other entry is stale.
 *
 * -DN=nodes -DCUTS= -DCRASHES= -DPASSES= how many of each at the most, -DTERMS= highest term, -DSHAPE= 0: a chain, 1: a
 * star, 2: two trees. -DLEFTOUT= 1: a root that passes its reign isn't locked; 2: it may raise its label, and the
 * answer isn't compared with that; 3: the new root doesn't rise above the old one.
 */
#ifndef N
#define N 3
#endif
#ifndef CUTS
#define CUTS 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef PASSES
#define PASSES 2
#endif
#ifndef TERMS
#define TERMS 3
#endif
#ifndef SHAPE
#define SHAPE 0
#endif
#ifndef LEFTOUT
#define LEFTOUT 0
#endif
#define DEPTHS (N + 1)

#define NOBODY N
#define NOTHING 255
#define BIT(i) (1 << (i))
#define LABEL(term, root, depth) (((term) * N + (root)) * DEPTHS + DEPTHS - 1 - (depth))
#define TERM(l) ((l) / (N * DEPTHS))
#define DEEPEST(l) ((l) % DEPTHS == 0)
#define LIVES(i) ((alive >> (i)) & 1)
#define COUNTS(y, x) ((kids[y] >> (x)) & 1)

#define IDLE 0
#define ASKED 1
#define YES 2
#define NO 3
#define HANGS 4
#define TAKEN 5

byte label[N], up[N], state[N], first[N], second[N], kids[N], passing[N];
bool locked[N], held[N], broken[N];
byte alive, cuts = CUTS, crashes = CRASHES, passes = PASSES;
byte x, y, i, at, steps, old;

/* x has no way up any more */
inline forget(n) {
  up[n] = NOBODY; state[n] = IDLE; locked[n] = false; held[n] = false; broken[n] = false;
  first[n] = NOTHING; second[n] = NOTHING
}

/* n tells those whom it counts as children its label */
inline tell(n) {
  i = 0;
  do
  :: i == N -> break
  :: i < N ->
    if
    :: COUNTS(n, i) && held[i] && up[i] == n && (state[i] == YES || state[i] == HANGS || state[i] == TAKEN) ->
      if
      :: first[i] == NOTHING -> first[i] = label[n]
      :: else -> second[i] = label[n]
      fi
    :: else
    fi;
    i++
  od
}

inline audit() {
  x = 0;
  do
  :: x == N -> break
  :: x < N ->
    if
    :: LIVES(x) && state[x] == HANGS && held[x] && LIVES(up[x]) -> assert(label[x] < label[up[x]])
    :: else
    fi;
    assert(!(LIVES(x) && locked[x] && kids[x] != 0));
    at = x; steps = 0;
    do
    :: LIVES(at) && state[at] == HANGS && held[at] && LIVES(up[at]) && steps <= N -> at = up[at]; steps++
    :: else -> break
    od;
    assert(steps <= N);
    x++
  od;
  x = 0; y = 0; i = 0; at = 0; steps = 0; old = 0
}

/* a link of n upward doesn't count at its other end any more */
inline dropped(n) { held[n] = false; broken[n] = true }

/* y forgets its child n: if its reign was on its way there, that link is the one that turns round */
inline release(m, n) {
  kids[m] = kids[m] & ~BIT(n);
  if
  :: passing[m] == n ->
    passing[m] = NOBODY;
    if
    :: state[m] == TAKEN && up[m] == n -> forget(m)
    :: else
    fi
  :: else
  fi
}

inline crash(n) {
  alive = alive & ~BIT(n);
  i = 0;
  do
  :: i == N -> break
  :: i < N -> if :: i != n && up[i] == n -> dropped(i) :: else fi; i++
  od;
  forget(n); kids[n] = 0; passing[n] = NOBODY; label[n] = 0
}

inline pick(n) { n = 0; do :: n < N - 1 -> n++ :: break od; skip }

#if LEFTOUT == 1
#define FREE(n) (state[n] == IDLE)
#else
#define FREE(n) (state[n] == IDLE && passing[n] == NOBODY)
#endif
#if LEFTOUT == 1 || LEFTOUT == 2
#define MAYRAISE(n) true
#else
#define MAYRAISE(n) (passing[n] == NOBODY)
#endif
#if LEFTOUT == 2 || LEFTOUT == 3
#define COMPARED(n) true
#else
#define COMPARED(n) (first[n] > label[n])
#endif

init {
  d_step {
    alive = BIT(N) - 1;
    x = 0;
    do
    :: x == N -> break
    :: x < N ->
      forget(x); passing[x] = NOBODY;
      if
      :: SHAPE == 0 && x > 0 -> up[x] = x - 1
      :: SHAPE == 1 && x > 0 -> up[x] = 0
      :: SHAPE == 2 && x > 1 -> up[x] = x - 2
      :: else
      fi;
      if
      :: up[x] == NOBODY -> label[x] = LABEL(1, x, 0)
      :: else -> label[x] = label[up[x]] - 1; state[x] = HANGS; held[x] = true; kids[up[x]] = kids[up[x]] | BIT(x)
      fi;
      x++
    od;
    audit()
  }
  do
  :: atomic {
    pick(x);
    if
    :: else
    :: LIVES(x) && FREE(x) -> /* asks somebody */
      pick(y);
      d_step {
        if
        :: y != x && LIVES(y) -> up[x] = y; state[x] = ASKED; locked[x] = (kids[x] == 0)
        :: else
        fi; audit()
      }
    :: LIVES(x) && state[x] == ASKED && LIVES(up[x]) -> d_step { /* its question arrives */
        y = up[x];
        if :: COUNTS(y, x) -> release(y, x) :: else fi;
        if
        :: !locked[y] && !DEEPEST(label[y]) && (label[y] > label[x] || locked[x]) && !broken[x] ->
          state[x] = YES; first[x] = label[y]; second[x] = NOTHING; kids[y] = kids[y] | BIT(x); held[x] = true
        :: else -> state[x] = NO
        fi; audit()
      }
    :: LIVES(x) && state[x] == NO -> d_step { forget(x); audit() }
    :: LIVES(x) && state[x] == YES -> d_step { /* the rules once more, with the label in the answer */
        if
        :: locked[x] || first[x] > label[x] ->
          state[x] = HANGS; locked[x] = false; label[x] = first[x] - 1; first[x] = second[x]; second[x] = NOTHING;
          tell(x)
        :: else -> forget(x)
        fi; audit()
      }
    :: LIVES(x) && state[x] == HANGS && first[x] != NOTHING -> d_step { /* its parent's label has changed */
        old = label[x];
        assert(first[x] - 1 >= old);
        label[x] = first[x] - 1; first[x] = second[x]; second[x] = NOTHING;
        if :: label[x] != old -> tell(x) :: else fi;
        audit()
      }
    :: LIVES(x) && state[x] != HANGS && TERM(label[x]) < TERMS && MAYRAISE(x) -> d_step { /* raises its label */
        label[x] = LABEL(TERM(label[x]) + 1, x, 0); tell(x); audit() }
    :: LIVES(x) && FREE(x) && kids[x] != 0 && passes > 0 && passing[x] == NOBODY -> /* passes its reign to a child */
      pick(y);
      d_step {
        if
        :: COUNTS(x, y) && held[y] && up[y] == x -> passing[x] = y; passes--
        :: else
        fi; audit()
      }
    :: LIVES(x) && state[x] == HANGS && held[x] && passing[up[x]] == x && first[x] == NOTHING -> d_step { /* takes it */
        y = up[x];
        if
        :: TERM(label[y]) < TERMS && TERM(label[x]) < TERMS ->
          assert(state[y] == IDLE); /* else it has two ways up */
          old = broken[x];
          forget(x);
          if
          :: LEFTOUT != 3 -> label[x] = LABEL((TERM(label[y]) > TERM(label[x]) -> TERM(label[y]) : TERM(label[x])) + 1, x, 0)
          :: else
          fi;
          tell(x);
          kids[x] = kids[x] | BIT(y);
          up[y] = x; state[y] = TAKEN; held[y] = true; broken[y] = old; first[y] = label[x]; second[y] = NOTHING
        :: else -> passing[y] = NOBODY /* it won't: no greater term in this model */
        fi; audit()
      }
    :: LIVES(x) && state[x] == TAKEN -> d_step { /* the former root goes under its former child */
        kids[x] = kids[x] & ~BIT(up[x]); passing[x] = NOBODY;
        if
        :: COMPARED(x) ->
          state[x] = HANGS; label[x] = first[x] - 1; first[x] = second[x]; second[x] = NOTHING; tell(x)
        :: else -> forget(x)
        fi; audit()
      }
    :: LIVES(x) && up[x] != NOBODY && (broken[x] || !LIVES(up[x])) -> d_step { /* it notices */
        if
        :: state[x] == TAKEN -> kids[x] = kids[x] & ~BIT(up[x]); passing[x] = NOBODY
        :: else
        fi;
        forget(x); audit()
      }
    :: LIVES(x) && kids[x] != 0 -> /* it notices that a child's link is gone, or closes it */
      pick(y);
      d_step {
        if
        :: COUNTS(x, y) && passing[x] == y && state[x] == TAKEN && broken[x] -> release(x, y)
        :: COUNTS(x, y) && !(passing[x] == y && state[x] == TAKEN) && !(held[y] && up[y] == x && !broken[y]) ->
          if :: held[y] && up[y] == x -> dropped(y) :: else fi;
          release(x, y)
        :: else
        fi; audit()
      }
    :: LIVES(x) && cuts > 0 && up[x] != NOBODY && !broken[x] -> d_step { broken[x] = true; cuts--; audit() }
    :: LIVES(x) && crashes > 0 -> d_step { crash(x); crashes--; audit() }
    fi
  }
  od
}
