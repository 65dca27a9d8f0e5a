/* Blocks of trajectories through all records, and the counts of what happened: what the loop of the engine does. */
typedef struct {
  const double *sampled, *uniforms, *schedule;
  const long long *mark_things, *machine_of_mark, *machine_slots, *machine_things;
  int32_t *counts, *firsts; /* [things][n] */
  double *slots;            /* [N_SLOTS][n] at the end */
  long long n_draws, replicates, n, n_schedule;
  uint32_t key0, key1;
} Task;

static void count(const Task *task, const double *slots, long long base, int thing, int lane, int date) {
  task->counts[thing * task->n + base + lane] += 1;
  if (task->firsts[thing * task->n + base + lane] < 0) task->firsts[thing * task->n + base + lane] = date;
}

static void note(const Task *task, const double *slots, long long base, int date) {
  for (int row = 0; row < N_MARKS; row++)
    for (uint64_t bits = marks[row]; bits; bits &= bits - 1) {
      int lane = __builtin_ctzll(bits);
      long long thing = task->mark_things[row], machine = task->machine_of_mark[row];
      if (thing < 0) thing = task->machine_things[machine] + (int)slots[task->machine_slots[machine] * STRIDE + lane];
      count(task, slots, base, thing, lane, date);
    }
}

void run(const Task *task) {
  for (long long base = 0; base < task->n; base += BLOCK) {
    for (int row = 0; row < N_PARAMETERS; row++)
      for (int lane = 0; lane < BLOCK; lane++)
        parameters[row * STRIDE + lane] = task->sampled[row * task->n_draws + (base + lane) / task->replicates];
    start(odds, evens, task->uniforms, task->schedule, task->key0, task->key1, base, 0);
    memcpy(odds, evens, sizeof evens);
    for (int i = 0; i < N_MACHINES; i++)
      for (int lane = 0; lane < BLOCK; lane++)
        count(task, evens, base, task->machine_things[i] + (int)evens[task->machine_slots[i] * STRIDE + lane], lane, 0);
    double *now = evens, *next = odds, *other;
    for (int record = 0; record < N_RECORDS; record++) {
      if (record % 4 == 0) fill(task->key0, task->key1, base, record);
      step(now, next, task->uniforms, task->schedule + record * task->n_schedule, task->key0, task->key1, base, record);
      note(task, next, base, record + 1);
      other = now, now = next, next = other;
    }
    for (int slot = 0; slot < N_SLOTS; slot++)
      memcpy(task->slots + slot * task->n + base, now + slot * STRIDE, BLOCK * sizeof(double));
  }
}
