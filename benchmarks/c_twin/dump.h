/* Read a dump of packed arrays, write results. */
#ifndef DUMP_H
#define DUMP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

static void fail(const char *what)
{
    fprintf(stderr, "talks: %s\n", what);
    exit(2);
}

static int64_t read_number(FILE *file)
{
    int64_t value;
    if (fread(&value, sizeof value, 1, file) != 1)
        fail("the dump is cut short");
    return value;
}

static void *allocate(size_t bytes)
{
    void *memory = malloc(bytes > 0 ? bytes : 1);
    if (memory == NULL)
        fail("out of memory");
    return memory;
}

/* A block is its item size, its number of items and its bytes. */
static void *read_block(FILE *file, size_t item, int64_t *count)
{
    if (read_number(file) != (int64_t)item)
        fail("an array of the dump has another item size than expected");
    *count = read_number(file);
    void *memory = allocate(item * (size_t)*count);
    if (fread(memory, item, (size_t)*count, file) != (size_t)*count)
        fail("the dump is cut short");
    return memory;
}

/* Whether a text of a given length contains a word. */
static int find(const char *text, size_t length, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= length; i++)
        if (memcmp(text + i, word, n) == 0)
            return 1;
    return 0;
}

static void read_dump(const char *path, input_t *in)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail(strerror(errno));
    int64_t count;
    char *layout = read_block(file, 1, &count);
    if (count != (int64_t)sizeof LAYOUT - 1 || memcmp(layout, LAYOUT, sizeof LAYOUT - 1) != 0) {
        fprintf(stderr, "dump:    %.*s\nprogram: %s\n", (int)count, layout, LAYOUT);
        fail("the kernels' types have changed: bring layout.h up to date");
    }
    free(layout);
    layout = read_block(file, 1, &count);
    for (size_t i = 0; i < sizeof ITS_PURPOSES / sizeof *ITS_PURPOSES; i++)
        if (find(layout, (size_t)count, ITS_PURPOSES[i]) == 0)
            fail("the kernels' purposes have changed: bring layout.h up to date");
    free(layout);
    if (fread(&in->s, sizeof in->s, 1, file) != 1)
        fail("the dump is cut short");
    int64_t counts[N_ARRAYS], n = 0;
#define READ(type, name) in->name = read_block(file, sizeof(type), &counts[n++]);
    ARRAYS(READ)
    fclose(file);
    in->rungs = counts[AT_ladder];
    in->parties = counts[AT_party];
    in->kinds = counts[AT_kind];
    in->issues = counts[AT_issue];
    in->systems = counts[AT_system];
    in->incidents = counts[AT_incident];
    in->stages = counts[AT_stage];
    in->placed = counts[AT_start];
    in->nodes = in->parties > 0 ? counts[AT_party_authority] / in->parties : 0;
    in->draws = counts[AT_scalar] / N_COLUMNS;
    int64_t D = in->draws, P = in->parties, K = in->kinds, I = in->issues, T = in->nodes, G = in->stages;
    const int64_t expected[N_ARRAYS] = {
        in->rungs, P, P * T, K, I, I * P, I * 2 * T, I * 2 * T * T, I * P * T, I * P * T, in->systems, N_MODES,
        N_MODES, in->incidents, G, G * T, D * N_COLUMNS, D * N_MODES, D * N_MODES, D * N_MODES, D * K, D * K * 3,
        D * K * 3, D * K * 3, D * K * 3, D * N_CAUSES, in->placed};
    if (memcmp(counts, expected, sizeof counts) != 0)
        fail("the arrays of the dump do not fit each other");
}

static void write_results(const char *path, const output_t *out, const input_t *in, size_t cells)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        fail(strerror(errno));
    size_t kinds = (size_t)in->kinds, parties = (size_t)in->parties, issues = (size_t)in->issues;
    size_t systems = (size_t)in->systems;
    size_t written = fwrite(out->trial, sizeof(trial_t), cells, file);
    written += fwrite(out->settlement, sizeof(float), cells * issues, file);
    written += fwrite(out->issue_closed, 1, cells * issues, file);
    written += fwrite(out->absent, sizeof(int16_t), cells * parties, file);
    written += fwrite(out->n_disruptions, sizeof(int16_t), cells * kinds, file);
    written += fwrite(out->first_disruption, sizeof(int16_t), cells * kinds, file);
    written += fwrite(out->downtime, sizeof(float), cells * systems, file);
    written += fwrite(out->system_lost, sizeof(int16_t), cells * systems, file);
    if (fclose(file) != 0 || written != cells * (1 + 2 * issues + parties + 2 * kinds + 2 * systems))
        fail("the results could not be written");
}

#endif
