/*
 * sim - seeds through the simulator.
 *
 *   sim [--seeds N] [--from S] [--jobs N] [--without PART,PART] [--twice N]
 *   sim --seed N [--trace] [--store-op K]
 *   sim --every-store-op N [--ops N]
 *
 * --every-store-op runs one seed again and again, killed at the first change of the store's disk,
 * at the second, and so on, until --ops or a run that is over before its kill.
 *
 * One line a failing seed, a summary at the end; exit 1 if one failed. Every --twice'th seed runs
 * twice, and must tell the same.
 */
#include "sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX 64u
#define SEEDS_PER_PROCESS 1000u

struct arguments {
    uint64_t seeds, from, twice;
    uint32_t jobs, without, store_op, ops_max;
    bool trace, sweep;
};

struct part_name {
    const char *name;
    enum sim_part part;
};
static const struct part_name part_names[] = {
    {"faults", SIM_PART_FAULTS}, {"kills", SIM_PART_KILLS},       {"stalls", SIM_PART_STALLS},
    {"chaos", SIM_PART_CHAOS},   {"linked", SIM_PART_LINKED},     {"operator", SIM_PART_OPERATOR},
    {"foreign", SIM_PART_FOREIGN}, {"gaps", SIM_PART_GAPS},     {"grow", SIM_PART_GROW},
    {"trail", SIM_PART_TRAIL},   {"reload", SIM_PART_RELOAD}, {"partners", SIM_PART_PARTNERS},
    {"tranches", SIM_PART_TRANCHES}};
#define PARTS (sizeof part_names / sizeof *part_names)

static _Noreturn void usage(void) {
    fputs("usage: sim [--seeds N] [--from S] [--jobs N] [--twice N] [--without PART,...]\n"
          "       sim --seed N [--trace] [--without PART,...] [--store-op K]\n"
          "       sim --every-store-op SEED [--ops N]\n"
          "parts: faults kills stalls chaos linked operator foreign gaps grow trail reload "
          "partners tranches\n",
          stderr);
    exit(2);
}

static uint64_t number(const char *text) {
    char *end;
    if (text == NULL || *text < '0' || *text > '9') usage();
    uint64_t value = strtoull(text, &end, 10);
    if (*end != '\0') usage();
    return value;
}

static uint32_t parts(char *text) {
    uint32_t sum = 0;
    for (char *at = text == NULL ? NULL : strtok(text, ","); at != NULL; at = strtok(NULL, ",")) {
        size_t i = 0;
        while (i < PARTS && strcmp(part_names[i].name, at) != 0) i++;
        if (i == PARTS) usage();
        sum |= part_names[i].part;
    }
    return sum;
}

static struct arguments read_arguments(int argc, char **argv) {
    struct arguments a = {.seeds = 5000, .from = 1, .twice = 50, .ops_max = UINT32_MAX};
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    a.jobs = cpus > 0 && cpus < (long)JOBS_MAX ? (uint32_t)cpus : 1;
    for (int i = 1; i < argc; i++) {
        char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--trace") == 0) {
            a.trace = true;
            continue;
        }
        if (strcmp(argv[i], "--seeds") == 0) a.seeds = number(value);
        else if (strcmp(argv[i], "--from") == 0) a.from = number(value);
        else if (strcmp(argv[i], "--twice") == 0) a.twice = number(value);
        else if (strcmp(argv[i], "--jobs") == 0) a.jobs = (uint32_t)number(value);
        else if (strcmp(argv[i], "--without") == 0) a.without = parts(value);
        else if (strcmp(argv[i], "--seed") == 0) a.from = number(value), a.seeds = a.jobs = 1;
        else if (strcmp(argv[i], "--store-op") == 0) a.store_op = (uint32_t)number(value);
        else if (strcmp(argv[i], "--ops") == 0) a.ops_max = (uint32_t)number(value);
        else if (strcmp(argv[i], "--every-store-op") == 0) a.from = number(value), a.sweep = true;
        else usage();
        i++;
    }
    if (a.jobs == 0 || a.jobs > JOBS_MAX || (a.trace && a.seeds != 1)) usage();
    return a;
}

/* ---- the real .so files, beside this program ---- */

static void load_all(struct sim_code *code) {
    struct pawl_err err = {0};
    char folder[4000];
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    if (length < 0) exit(2);
    folder[length] = '\0';
    *strrchr(folder, '/') = '\0';
    for (size_t i = 0; i < SIM_PLUGINS_MAX; i++)
        snprintf(code->path[i], sizeof code->path[i], "%.3900s/%s%s.so", folder,
                 strcmp(sim_plugins[i], "chaos") == 0 ? "" : "../../plugins/", sim_plugins[i]);
    if (session_loader(&code->loader, &err) == PAWL_OK) return;
    fprintf(stderr, "sim: %s\n", err.text);
    exit(2);
}

/* ---- one process ---- */

static void replay_line(const struct arguments *a, uint64_t seed, const char *failure) {
    char without[256] = "";
    for (size_t i = 0; i < PARTS; i++)
        if (a->without & part_names[i].part) {
            strcat(without, without[0] == '\0' ? " --without " : ",");
            strcat(without, part_names[i].name);
        }
    printf("seed %" PRIu64 "  %s  (./dev sim --seed %" PRIu64 "%s --trace)\n", seed, failure, seed,
           without);
    fflush(stdout);
}

static void run_slice(const struct arguments *a, uint32_t job, struct sim_tally *tally) {
    static struct sim_code code; /* large */
    char failure[512];
    uint64_t hash, again;
    load_all(&code);
    for (uint64_t i = job; i < a->seeds; i += a->jobs) {
        uint64_t seed = a->from + i;
        sim_run_seed(seed, a->without, a->store_op, a->trace, &code, tally, &hash, failure);
        if (a->twice > 0 && failure[0] == '\0' && !a->trace && i % a->twice == 0) {
            struct sim_tally unused = {0};
            sim_run_seed(seed, a->without, a->store_op, false, &code, &unused, &again, failure);
            if (failure[0] == '\0' && again != hash) {
                snprintf(failure, sizeof failure, "determinism: two runs told %016" PRIx64
                         " and %016" PRIx64, hash, again);
                tally->failed++;
            }
        }
        if (failure[0] != '\0') replay_line(a, seed, failure);
    }
    loader_free(code.loader);
}

/* One seed, killed at every change of the store's disk in turn. */
static int sweep(const struct arguments *a) {
    static struct sim_code code; /* large */
    struct sim_tally sum = {0};
    char failure[512];
    uint64_t hash;
    uint32_t k = 1;
    load_all(&code);
    for (; k <= a->ops_max; k++) {
        struct sim_tally one = {0};
        sim_run_seed(a->from, a->without, k, false, &code, &one, &hash, failure);
        sum.failed += one.failed;
        sum.lives += one.lives;
        if (failure[0] != '\0')
            printf("seed %" PRIu64 " --store-op %" PRIu32 "  %s\n", a->from, k, failure);
        if (one.lives < 2) break; /* over before its kill */
    }
    loader_free(code.loader);
    printf("seed %" PRIu64 ": killed at %" PRIu32 " changes of the store's disk in turn, %" PRIu64
           " failed\n", a->from, k - 1, sum.failed);
    return sum.failed == 0 ? 0 : 1;
}

static void add_up(struct sim_tally *sum, const struct sim_tally *one) {
    sum->seeds += one->seeds;
    sum->failed += one->failed;
    sum->turns += one->turns;
    sum->orders += one->orders;
    sum->fills += one->fills;
    sum->lives += one->lives;
    sum->critical += one->critical;
    sum->unknown += one->unknown;
    sum->early += one->early;
    sum->hash ^= one->hash;
}

/* Each process writes its tally into a pipe when it is done; one that dies has failed. */
static bool run_round(const struct arguments *a, struct sim_tally *sum) {
    int ends[2];
    bool good = true;
    if (pipe(ends) != 0) exit(2);
    fflush(stdout);
    for (uint32_t job = 0; job < a->jobs; job++) {
        pid_t child = fork();
        if (child < 0) exit(2);
        if (child > 0) continue;
        struct sim_tally tally = {0};
        run_slice(a, job, &tally);
        exit(write(ends[1], &tally, sizeof tally) == (ssize_t)sizeof tally ? 0 : 1);
    }
    close(ends[1]);
    struct sim_tally one;
    while (read(ends[0], &one, sizeof one) == (ssize_t)sizeof one) add_up(sum, &one);
    close(ends[0]);
    for (int status; wait(&status) > 0;)
        if (status != 0) {
            printf("a process of the simulator died (status %d)\n", status);
            good = false;
        }
    return good;
}

/* A library that was replaced stays mapped, and a process may have only so many mappings. */
static bool run_jobs(const struct arguments *a, struct sim_tally *sum) {
    const uint64_t most = (uint64_t)a->jobs * SEEDS_PER_PROCESS;
    bool good = true;
    for (uint64_t done = 0; done < a->seeds; done += most) {
        struct arguments round = *a;
        round.from = a->from + done;
        round.seeds = a->seeds - done < most ? a->seeds - done : most;
        if (!run_round(&round, sum)) good = false;
    }
    return good;
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    struct arguments a = read_arguments(argc, argv);
    struct sim_tally sum = {0};
    double began = seconds_now();
    bool good = true;
    if (a.sweep) return sweep(&a);
    if (a.seeds == 1)
        run_slice(&a, 0, &sum);
    else
        good = run_jobs(&a, &sum);
    double seconds = seconds_now() - began;
    printf("%" PRIu64 " seeds from %" PRIu64 ", %" PRIu64 " failed; %" PRIu64 " turns, %" PRIu64
           " orders, %" PRIu64 " fills, %" PRIu64 " lives, %" PRIu64 " unknown, %" PRIu64
           " before the disk; %.1f s, %.0f seeds/s; told %016" PRIx64 "\n",
           sum.seeds, a.from, sum.failed, sum.turns, sum.orders, sum.fills, sum.lives, sum.unknown,
           sum.early, seconds, seconds > 0 ? (double)sum.seeds / seconds : 0.0, sum.hash);
    return sum.failed == 0 && good ? 0 : 1;
}
