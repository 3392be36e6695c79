using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Engine;

namespace Winnow.Evaluation;

/// <summary>The rounds of an <see cref="EngineBenchmark"/> and what they come to.</summary>
internal sealed class EngineBenchmarkRun
{
    // Code is compiled again at full strength, beside the engine, when it has been called often and nothing new came for a while.
    private static readonly TimeSpan LeastWarmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostWarmUp = TimeSpan.FromSeconds(5);

    // So many that the 99th percentile is one of them.
    private const int LeastPieces = 100;
    private static readonly TimeSpan PiecesTime = TimeSpan.FromSeconds(1);

    private readonly WinnowEngine _engine;
    private readonly GenerationOptions _options;
    private readonly int[][] _prompts;
    private readonly long[][] _stamps;
    private readonly int _rounds;
    private readonly StepCost _cost;
    private readonly List<TimeSpan> _first = [];
    private readonly List<TimeSpan> _between = [];
    private readonly List<TimeSpan> _machine = [];
    private readonly List<double> _prefill = [];
    private readonly List<double> _decode = [];
    private FixedWork? _work;
    private int _pieces;
    private TimeSpan _total;
    private TimeSpan _eviction;
    private long _allocated;
    private int _collections;
    private double _heldBytes;
    private double _heldSlots;

    public EngineBenchmarkRun(WinnowEngine engine, int promptTokens, int newTokens, int batch, int rounds)
    {
        (_engine, _rounds, _cost) = (engine, rounds, new StepCost(engine.Config));
        _options = new GenerationOptions { MaxTokens = newTokens, Temperature = 0, RepetitionPenalty = 1, IgnoreEndOfText = true };
        var random = new Random(0);
        int vocabulary = engine.Tokenizer.VocabularySize;
        _prompts = [.. Enumerable.Range(0, batch).Select(_ => Enumerable.Range(0, promptTokens).Select(_ => random.Next(vocabulary)).ToArray())];
        _stamps = [.. _prompts.Select(_ => new long[newTokens])];
    }

    private int PromptTokens => _prompts[0].Length;

    private int NewTokens => _stamps[0].Length;

    private int Batch => _prompts.Length;

    private long StepBytes => _cost.ReadBytes(_engine.Statistics.WeightBytes) + (long)(Batch * _heldBytes);

    public EngineBenchmarkResult Result => new()
    {
        PromptTokens = PromptTokens,
        NewTokens = NewTokens,
        Batch = Batch,
        Rounds = _rounds,
        TimeToFirstToken = Quantiles.Of(_first.ToArray()),
        InterToken = Quantiles.Of(_between.ToArray()),
        Machine = Quantiles.Of(_machine.ToArray()),
        PrefillTokensPerSecond = Median(_prefill),
        DecodeTokensPerSecond = Median(_decode),
        StepBytes = StepBytes,
        TokenFlops = _cost.Token(_heldSlots),
        PromptFlops = _cost.Prompt(PromptTokens),
        AllocatedBytesPerToken = (double)_allocated / (_rounds * Batch * NewTokens),
        Collections = _collections,
        EvictionShare = _eviction / _total,
    };

    /// <summary>Rounds that do not count, until one passes in which nothing was compiled, and a session that tells what the cache holds halfway.</summary>
    public async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        long compiled;
        TimeSpan elapsed;
        do
        {
            compiled = JitInfo.GetCompiledMethodCount();
            await StreamAllAsync(cancellationToken).ConfigureAwait(false);
            elapsed = Stopwatch.GetElapsedTime(started);
        }
        while (elapsed < LeastWarmUp || (elapsed < MostWarmUp && JitInfo.GetCompiledMethodCount() != compiled));

        await using Session session = _engine.CreateSession();
        await session.AppendAsync(_prompts[0], cancellationToken).ConfigureAwait(false);
        await foreach (GeneratedPiece _ in session.GenerateAsync(_options with { MaxTokens = Math.Max(1, NewTokens / 2) }, cancellationToken).ConfigureAwait(false))
        {
        }

        KvUsage usage = await session.MeasureAsync().ConfigureAwait(false);
        (_heldBytes, _heldSlots) = (usage.Bytes, usage.Kept * usage.Tokens);
        ChooseWork();
    }

    /// <summary>One round that counts.</summary>
    public async Task RoundAsync(CancellationToken cancellationToken)
    {
        TimeSpan evicting = _engine.Statistics.EvictionTime;
        int collections = Collections();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long started = Stopwatch.GetTimestamp();
        await StreamAllAsync(cancellationToken).ConfigureAwait(false);
        _total += Stopwatch.GetElapsedTime(started);
        _allocated += GC.GetTotalAllocatedBytes(precise: true) - allocated;
        _collections += Collections() - collections;
        _eviction += _engine.Statistics.EvictionTime - evicting;
        Note(started);
    }

    /// <summary>The round's share of the pieces of work that the machine is judged by.</summary>
    public void TimeMachine(CancellationToken cancellationToken)
    {
        _work!.Run();
        for (int piece = 0; piece < _pieces; piece++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _machine.Add(_work.Run());
        }
    }

    private static int Collections() => GC.CollectionCount(0);

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    // As long as a token, and as many as there are times between tokens, within bounds.
    private void ChooseWork()
    {
        List<double> between = [];
        foreach (long[] stamps in _stamps)
        {
            for (int i = 1; i < stamps.Length; i++)
            {
                between.Add(Stopwatch.GetElapsedTime(stamps[i - 1], stamps[i]).TotalSeconds);
            }
        }

        _work = FixedWork.Lasting(TimeSpan.FromSeconds(Median(between)), StepBytes);
        double most = Math.Max(LeastPieces, PiecesTime / _work.Duration);
        double pieces = Math.Clamp((double)_rounds * between.Count, LeastPieces, most);
        _pieces = (int)Math.Ceiling(pieces / _rounds);
    }

    private Task StreamAllAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_prompts.Select((prompt, index) => StreamAsync(prompt, _stamps[index], cancellationToken)));

    private async Task StreamAsync(int[] prompt, long[] stamps, CancellationToken cancellationToken)
    {
        int count = 0;
        await foreach (GeneratedPiece _ in _engine.GenerateAsync(prompt, _options, cancellationToken).ConfigureAwait(false))
        {
            stamps[count++] = Stopwatch.GetTimestamp();
        }
    }

    private void Note(long started)
    {
        long lastFirst = _stamps.Max(stamps => stamps[0]);
        long end = _stamps.Max(stamps => stamps[^1]);
        int after = _stamps.Sum(stamps => stamps.Count(stamp => stamp > lastFirst));
        _prefill.Add(Batch * PromptTokens / Stopwatch.GetElapsedTime(started, lastFirst).TotalSeconds);
        _decode.Add(after / Stopwatch.GetElapsedTime(lastFirst, end).TotalSeconds);
        foreach (long[] stamps in _stamps)
        {
            _first.Add(Stopwatch.GetElapsedTime(started, stamps[0]));
            for (int i = 1; i < stamps.Length; i++)
            {
                _between.Add(Stopwatch.GetElapsedTime(stamps[i - 1], stamps[i]));
            }
        }
    }
}
