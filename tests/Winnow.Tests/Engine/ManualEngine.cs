using System;
using System.Collections.Generic;
using System.Threading;
using Microsoft.Extensions.Logging.Abstractions;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Engine;
using Winnow.Kernels;

namespace Winnow.Tests.Engine;

/// <summary>The engine without its thread: the test says when a step happens, so what meets in a step does not depend on the clock.</summary>
internal sealed class ManualEngine : IDisposable
{
    private const int MostSteps = 100_000;

    private readonly EngineParts _parts;
    private readonly GenerationPlanner _planner;

    public ManualEngine(string folder, EngineOptions options)
    {
        _parts = EngineLoader.Load(folder, options with { Threads = 1 }, NullLogger.Instance, null, CancellationToken.None);
        Core = new EngineCore(_parts.Decoder, _parts.Cache, _parts.Batch, _parts.Evictor, _parts.Scheduling, NullLogger.Instance);
        _planner = new GenerationPlanner(
            _parts.Files.Tokenizer, new GenerationOptions(), _parts.Files.EndOfGenerationIds, _parts.Decoder.Vocabulary);
    }

    public EngineCore Core { get; }

    public int[] Encode(string text) => _parts.Files.Tokenizer.Encode(text);

    public bool IsEmpty => _parts.Cache.FreePages == _parts.Cache.TotalPages;

    /// <summary>The size of a cache of pages for so many full contexts.</summary>
    public static long CacheBytes(double contexts) =>
        (long)(contexts * TinyModel.Layers * TinyModel.KvHeads * KvCache.PagesFor(TinyModel.ContextTokens) * KvCache.PageBytes(8, DType.F32));

    public GenerationRequest Generate(string prompt, GenerationOptions options) => Generate(CreateSequence(Encode(prompt), options.KvPolicy), options, keeps: false);

    /// <summary>An empty session's sequence.</summary>
    public EngineSequence CreateSequence(KvPolicy? policy) => CreateSequence([], policy);

    /// <summary>Appends text to a session's sequence, and steps until it is computed.</summary>
    public void Append(EngineSequence sequence, string text)
    {
        Core.Submit(new PrefillRequest(sequence, Core.Pool, Encode(text)));
        RunToEnd();
    }

    /// <summary>Continues a session's sequence to the end.</summary>
    public List<GeneratedPiece> Continue(EngineSequence sequence, GenerationOptions options)
    {
        GenerationRequest request = Generate(sequence, options, keeps: true);
        RunToEnd();
        return Read(request);
    }

    /// <summary>Steps until nothing is left to do.</summary>
    public void RunToEnd()
    {
        for (int step = 0; Core.HasWork; step++)
        {
            if (step == MostSteps)
            {
                throw new InvalidOperationException("The engine does not come to an end.");
            }

            Core.Step();
        }
    }

    public static List<GeneratedPiece> Read(GenerationRequest request)
    {
        var pieces = new List<GeneratedPiece>();
        while (request.Pieces.TryRead(out GeneratedPiece piece))
        {
            pieces.Add(piece);
        }

        return pieces;
    }

    public void Dispose() => _parts.Dispose();

    private EngineSequence CreateSequence(int[] tokens, KvPolicy? policy) =>
        new(tokens, tokens.Length) { Policy = policy, ChunkTokens = policy is null ? 0 : _parts.Scheduling.ChunkTokens };

    private GenerationRequest Generate(EngineSequence sequence, GenerationOptions options, bool keeps)
    {
        var text = new TextAssembler(_parts.Files.Tokenizer.CreateStreamingDecoder(sequence.Tokens), new StopStringMatcher(options.StopStrings));
        var request = new GenerationRequest(sequence, _parts.Device.Sampling, _planner.Plan(options, sequence.Known, TinyModel.ContextTokens), text) { KeepsSequence = keeps };
        Core.Submit(request);
        return request;
    }
}
