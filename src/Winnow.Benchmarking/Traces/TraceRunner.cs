using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Traces;

/// <summary>
/// Runs the solutions of a FlashInfer-Trace data set on the workloads of their definitions: checks their outputs, times them on a GPU or predicts their times on
/// the simulator, and gives a trace for each.
/// </summary>
/// <remarks>
/// What runs: CUDA solutions whose entry point is a kernel and that have a source <c>winnow.json</c>, which says what host code says elsewhere, and solutions in C#. A
/// definition's Python is never run: outputs are compared with another solution, with a file or with a reference in C#, and where there is none of these a run
/// stays unchecked, which is not passed. On the simulator <c>performance</c> is null and the prediction stands in the log.
/// </remarks>
/// <param name="compiler">The compiler.</param>
/// <param name="options">How solutions are run, checked and timed; null for the defaults.</param>
public sealed class TraceRunner(KernelCompiler compiler, TraceOptions? options = null)
{
    private readonly TraceOptions _options = options ?? new TraceOptions();

    /// <summary>Runs a data set: definition by definition, workload by workload, solution by solution, and what cannot be run is among the outcomes.</summary>
    /// <param name="dataset">The data set.</param>
    /// <exception cref="ArgumentException">The solution that others are to be compared with is not there.</exception>
    public IEnumerable<TraceOutcome> Run(TraceDataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        Dictionary<string, TraceCandidate[]> candidates = Candidates(dataset).GroupBy(pair => pair.Definition, pair => pair.Candidate, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);
        TraceCandidate? reference = _options.ReferenceSolution is not { } name ? null
            : candidates.Values.SelectMany(list => list).FirstOrDefault(candidate => candidate.Name == name)
                ?? throw new ArgumentException($"There is no solution '{name}' to compare with; there are {string.Join(", ", candidates.Values.SelectMany(list => list).Select(candidate => candidate.Name))}.", nameof(dataset));
        return RunAll(dataset, candidates, reference);
    }

    private IEnumerable<TraceOutcome> RunAll(TraceDataset dataset, Dictionary<string, TraceCandidate[]> candidates, TraceCandidate? reference)
    {
        ILookup<string, KernelTrace> workloads = dataset.Workloads.ToLookup(trace => trace.Definition, StringComparer.Ordinal);
        foreach (string name in candidates.Keys.Order(StringComparer.Ordinal))
        {
            TraceCandidate[] wanted = [.. candidates[name].Where(candidate => IsWanted(name, candidate))];
            if (wanted.Length > 0)
            {
                foreach (TraceOutcome outcome in RunDefinition(dataset, name, wanted, [.. workloads[name]], reference))
                {
                    yield return outcome;
                }
            }
        }

        foreach (string name in workloads.Select(group => group.Key).Where(name => _options.Filter.Length == 0 && !dataset.Definitions.ContainsKey(name) && !candidates.ContainsKey(name)))
        {
            yield return Skipped(name, "", null, $"there is no definition '{name}' for {workloads[name].Count()} workloads", isDamaged: true);
        }
    }

    private IEnumerable<TraceOutcome> RunDefinition(TraceDataset dataset, string name, TraceCandidate[] candidates, KernelTrace[] workloads, TraceCandidate? reference)
    {
        dataset.Definitions.TryGetValue(name, out TraceDefinition? definition);
        string? problem = definition is null ? $"there is no definition '{name}'"
            : workloads.Length == 0 ? $"there are no workloads of {name}"
            : TraceCase.UnusableDTypes(definition);
        var runnable = new List<TraceCandidate>();
        foreach (TraceCandidate candidate in candidates)
        {
            string? whyNot = candidate.WhyNot() ?? problem;
            if (whyNot is null)
            {
                runnable.Add(candidate);
            }
            else
            {
                yield return Skipped(name, candidate.Name, null, whyNot, isDamaged: definition is null && candidate.WhyNot() is null);
            }
        }

        int most = runnable.Count == 0 ? 0 : _options.MaxWorkloads > 0 ? _options.MaxWorkloads : workloads.Length;
        foreach (KernelTrace workload in workloads.Take(most))
        {
            foreach (TraceOutcome outcome in RunWorkload(dataset, definition!, workload, runnable, reference))
            {
                yield return outcome;
            }
        }
    }

    private IEnumerable<TraceOutcome> RunWorkload(
        TraceDataset dataset, TraceDefinition definition, KernelTrace workload, List<TraceCandidate> candidates, TraceCandidate? reference)
    {
        TraceWorkloadRun? run = null;
        TraceOutcome? skipped = null;
        try
        {
            run = new TraceWorkloadRun(_options, dataset.Root, definition, workload, reference);
        }
        catch (TraceFormatException exception)
        {
            skipped = Skipped(definition.Name, "", workload.Workload, exception.Message, isDamaged: true);
        }

        return skipped is not null ? [skipped] : candidates.Where(candidate => candidate != reference).Select(candidate => run!.Run(candidate));
    }

    private IEnumerable<(string Definition, TraceCandidate Candidate)> Candidates(TraceDataset dataset)
    {
        var device = new TraceDevice();
        return _options.Operations.Select(operation => (operation.Definition, (TraceCandidate)new HostCandidate(operation, _options)))
            .Concat(dataset.Solutions.Values.OrderBy(solution => solution.Name, StringComparer.Ordinal)
                .Select(solution => (solution.Definition, (TraceCandidate)new CudaCandidate(solution, compiler, _options, device))));
    }

    private bool IsWanted(string definition, TraceCandidate candidate) =>
        definition.Contains(_options.Filter, StringComparison.OrdinalIgnoreCase) || candidate.Name.Contains(_options.Filter, StringComparison.OrdinalIgnoreCase);

    private static TraceOutcome Skipped(string definition, string solution, TraceWorkload? workload, string reason, bool isDamaged) => new()
    {
        Kind = TraceOutcomeKind.Skipped,
        Definition = definition,
        Solution = solution,
        Workload = workload,
        Reason = reason,
        IsDamaged = isDamaged,
    };
}
