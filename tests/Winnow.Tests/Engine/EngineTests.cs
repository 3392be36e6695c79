using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Engine;

namespace Winnow.Tests.Engine;

/// <summary>A folder with a random model, and what tests of the engine do with it again and again.</summary>
internal abstract class EngineTests
{
    protected const string Story = "the other rain on a train and then there";

    private string _folder = "";

    [OneTimeSetUp]
    public void WriteModel()
    {
        _folder = Directory.CreateTempSubdirectory("winnow-engine-").FullName;
        TinyModel.Write(_folder);
    }

    [OneTimeTearDown]
    public void RemoveModel() => Directory.Delete(_folder, recursive: true);

    protected string Folder => _folder;

    protected static GenerationOptions Sampled(ulong seed, int tokens) =>
        new() { Seed = seed, MaxTokens = tokens, IgnoreEndOfText = true, LogProbabilities = 3 };

    protected Task<WinnowEngine> LoadAsync(EngineOptions? options = null) =>
        WinnowEngine.LoadAsync(_folder, (options ?? new EngineOptions()) with { Threads = options?.Device is null ? 1 : null });

    protected static async Task<List<GeneratedPiece>> ReadAsync(IAsyncEnumerable<GeneratedPiece> pieces)
    {
        var list = new List<GeneratedPiece>();
        await foreach (GeneratedPiece piece in pieces)
        {
            list.Add(piece);
        }

        return list;
    }

    /// <summary>Everything that must be the same wherever and whenever a text is generated: tokens and probabilities to the bit.</summary>
    protected static string Trace(IEnumerable<GeneratedPiece> pieces) => string.Join(
        '\n',
        pieces.Select(piece => $"{piece.TokenId} {BitConverter.SingleToInt32Bits(piece.LogProbability)} {piece.Text} " +
            string.Join(' ', (piece.TopLogProbabilities ?? []).Select(top => $"{top.Token}:{BitConverter.SingleToInt32Bits(top.LogProbability)}"))));

    protected static string Text(IEnumerable<GeneratedPiece> pieces) => string.Concat(pieces.Select(piece => piece.Text));
}
