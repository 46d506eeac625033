/*
 * Whether trees whose roots can't reach each other become one (docs/protocol.md#bridges).
 *
 * Every step is atomic here: what may happen within one is checked in labels.pml. A pair is cut or a node crashes at any
 * moment, -DCUTS and -DCRASHES times at the most. A node whose parent is gone or out of reach becomes a root with the youngest
 * reign. A root goes under a node that it reaches in a tree with an older reign; where it reaches none, its reign passes over one link
 * toward the nearest node below that does.
 *
 * Checked: in the end all that live are one tree for good, or the pairs that reach each other don't connect them.
 * -DKEPT: no reign is passed.
 */
#ifndef N
#define N 4
#endif
#ifndef CUTS
#define CUTS 2
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#define NOBODY N
#define BIT(i) (1 << (i))
#define REACHES(a, b) ((way[a] >> (b)) & 1)

byte par[N], reign[N], way[N];
byte next = N, cuts = CUTS, crashes = CRASHES;
bool isTree = true, isConnected = true;
hidden byte a, b, c, y, z, steps, best, found, length, hop, target;

/* the root above n, in r, and how far it is */
inline climb(n, r) {
  r = n; steps = 0;
  do
  :: par[r] != NOBODY && steps < N -> r = par[r]; steps++
  :: else -> break
  od
}

inline look() {
  found = 0; isTree = true; a = 0;
  do
  :: a == N -> break
  :: a < N ->
    if
    :: way[a] != 0 && par[a] == NOBODY -> found++
    :: way[a] != 0 && par[a] != NOBODY -> if :: !REACHES(a, par[a]) -> isTree = false :: else fi
    :: else
    fi;
    a++
  od;
  isTree = isTree && found == 1;
  /* who is connected to the first that lives */
  best = 0; a = 0;
  do
  :: a == N -> break
  :: a < N -> if :: way[a] != 0 && best == 0 -> best = BIT(a) :: else fi; a++
  od;
  steps = 0;
  do
  :: steps == N -> break
  :: steps < N ->
    a = 0;
    do
    :: a == N -> break
    :: a < N -> if :: (best >> a) & 1 -> best = best | way[a] :: else fi; a++
    od;
    steps++
  od;
  isConnected = true; a = 0;
  do
  :: a == N -> break
  :: a < N -> if :: way[a] != 0 && !((best >> a) & 1) -> isConnected = false :: else fi; a++
  od;
  a = 0; b = 0; c = 0; y = 0; z = 0; steps = 0; best = 0; found = 0; length = 0; hop = 0; target = 0
}

proctype Node(byte me) {
  do
  :: d_step {
    if
    :: way[me] != 0 && par[me] != NOBODY ->
      if
      :: !REACHES(me, par[me]) -> par[me] = NOBODY; reign[me] = next; next++
      :: else
      fi
    :: way[me] != 0 && par[me] == NOBODY ->
      /* the nearest below that reaches a tree with an older reign, and whom there */
      best = NOBODY; length = N + 1; y = 0;
      do
      :: y == N -> break
      :: y < N ->
        climb(y, b);
        if
        :: way[y] != 0 && b == me && steps < length ->
          hop = steps; z = 0;
          do
          :: z == N -> break
          :: z < N ->
            climb(z, c);
            if
            :: way[z] != 0 && c != me && way[c] != 0 && REACHES(y, z) && reign[c] < reign[me] ->
              best = y; length = hop; target = z
            :: else
            fi;
            z++
          od
        :: else
        fi;
        y++
      od;
      if
      :: best == me -> par[me] = target
#ifndef KEPT
      :: best != NOBODY && best != me ->
        /* one link toward it */
        do
        :: par[best] != me -> best = par[best]
        :: else -> break
        od;
        par[best] = NOBODY; reign[best] = reign[me]; par[me] = best
#endif
      :: else
      fi
    :: else
    fi;
    look()
  }
  od
}

active proctype Faults() {
  byte one, other;
  d_step {
    one = 0;
    do
    :: one == N -> break
    :: one < N -> way[one] = BIT(N) - 1; par[one] = (one == 0 -> NOBODY : one - 1); reign[one] = one; one++
    od;
    look()
  }
  one = 0;
  do
  :: one == N -> break
  :: one < N -> run Node(one); one++
  od;
  do
  :: atomic {
    (cuts > 0 || crashes > 0) ->
    one = 0;
    do :: one < N - 1 -> one++ :: break od;
    skip;
    other = 0;
    do :: other < N - 1 -> other++ :: break od;
    skip;
    d_step {
      if
      :: one < other && REACHES(one, other) && cuts > 0 ->
        way[one] = way[one] & ~BIT(other); way[other] = way[other] & ~BIT(one); cuts--
      :: one == other && way[one] != 0 && crashes > 0 ->
        a = 0;
        do
        :: a == N -> break
        :: a < N -> way[a] = way[a] & ~BIT(one); a++
        od;
        way[one] = 0; par[one] = NOBODY; crashes--
      :: else
      fi;
      one = 0; other = 0;
      look()
    }
  }
  :: cuts == 0 && crashes == 0 -> break
  :: skip -> break
  od
}

ltl settles { <>[] (isTree || !isConnected) }
