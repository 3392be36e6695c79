using System;
using System.Buffers.Binary;
using System.IO;
using System.Security.Cryptography;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Engine;
using Winnow.Formats;
using Winnow.Kernels;

namespace Winnow.Tests.Engine;

internal sealed class SaveTests : EngineTests
{
    [Test]
    public async Task RestoreSessionAsync_InAnotherEngineContinuesWithTheSameBits()
    {
        using var saved = new MemoryStream();
        string expected = await SaveAsync(saved, 10);
        await using WinnowEngine engine = await LoadAsync();
        saved.Position = 0;

        await using Session session = await engine.RestoreSessionAsync(saved);
        int computed = (int)engine.Statistics.ComputedTokens;
        string continued = Trace(await ReadAsync(session.GenerateAsync(Sampled(1, 25))));

        Assert.That(continued, Is.EqualTo(expected));
        Assert.That(engine.Statistics.ComputedTokens - computed, Is.EqualTo(25), "what was saved is not computed again");
        Assert.That(saved.Position, Is.EqualTo(saved.Length));
    }

    [Test]
    public async Task RestoreSessionAsync_OfEmptySessionIsEmpty()
    {
        await using WinnowEngine engine = await LoadAsync();
        using var saved = new MemoryStream();
        await using Session empty = engine.CreateSession();
        await empty.SaveAsync(saved);
        saved.Position = 0;

        await using Session session = await engine.RestoreSessionAsync(saved);

        Assert.That(session.Tokens, Is.Empty);
    }

    [Test]
    public async Task RestoreSessionAsync_WithEveryKindOfDamageThrows()
    {
        using var saved = new MemoryStream();
        await SaveAsync(saved, 3);
        byte[] bytes = saved.ToArray();
        await using WinnowEngine engine = await LoadAsync();
        var random = new Random(1);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = (byte[])bytes.Clone();
            int at = i < 100 ? i : random.Next(bytes.Length);
            damaged[at] ^= (byte)(1 << random.Next(8));
            Assert.That(
                async () => await engine.RestoreSessionAsync(new MemoryStream(damaged)),
                Throws.TypeOf<ModelFormatException>().Or.TypeOf<ContextLengthException>(), $"byte {at}");
        }

        foreach (int length in new[] { 0, 1, 8, 12, 44, 55, 56, 60, bytes.Length / 2, bytes.Length - 1 })
        {
            Assert.That(
                async () => await engine.RestoreSessionAsync(new MemoryStream(bytes[..length])), Throws.TypeOf<ModelFormatException>(), $"cut at {length}");
        }

        Assert.That(engine.Statistics.FreePages, Is.EqualTo(engine.Statistics.TotalPages));
        Assert.That(engine.Statistics.OpenSessions, Is.Zero);
    }

    [Test]
    public async Task RestoreSessionAsync_OfAnotherModelThrows()
    {
        using var saved = new MemoryStream();
        await SaveAsync(saved, 3);
        byte[] bytes = saved.ToArray();
        bytes[12] ^= 1;
        await using WinnowEngine engine = await LoadAsync();

        Assert.That(
            async () => await engine.RestoreSessionAsync(new MemoryStream(bytes)),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("another model"));
    }

    [TestCase(0)]
    [TestCase(1)]
    public async Task RestoreSessionAsync_OfForgedFileWithRightChecksumThrows(int forgery)
    {
        using var saved = new MemoryStream();
        await SaveAsync(saved, 3);
        const int Tokens = 56;
        byte[] bytes = saved.ToArray();
        int count = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(44));
        if (forgery == 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Tokens + 8), 1 << 30);
        }
        else
        {
            // One token less than there are keys for.
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(44), count - 2);
            bytes = [.. bytes[..(Tokens + (4 * (count - 2)))], .. bytes[(Tokens + (4 * count))..]];
        }

        SHA256.HashData(bytes.AsSpan(0, bytes.Length - 32)).CopyTo(bytes.AsSpan(bytes.Length - 32));
        await using WinnowEngine engine = await LoadAsync();

        Assert.That(async () => await engine.RestoreSessionAsync(new MemoryStream(bytes)), Throws.TypeOf<ModelFormatException>());
        Assert.That(engine.Statistics.FreePages, Is.EqualTo(engine.Statistics.TotalPages));
    }

    [Test]
    public async Task RestoreSessionAsync_IntoCacheOfAnotherTypeThrows()
    {
        using var saved = new MemoryStream();
        await SaveAsync(saved, 3);
        saved.Position = 0;
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvCacheType = DType.F16 });

        Assert.That(async () => await engine.RestoreSessionAsync(saved), Throws.TypeOf<ModelFormatException>());
    }

    [Test]
    public async Task RestoreSessionAsync_IntoShorterContextThrows()
    {
        using var saved = new MemoryStream();
        await SaveAsync(saved, 30);
        saved.Position = 0;
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { ContextTokens = 32 });

        Assert.That(async () => await engine.RestoreSessionAsync(saved), Throws.TypeOf<ContextLengthException>());
    }

    private async Task<string> SaveAsync(MemoryStream destination, int tokens)
    {
        await using WinnowEngine engine = await LoadAsync();
        await using Session session = engine.CreateSession();
        await session.AppendAsync(Story);
        await ReadAsync(session.GenerateAsync(Sampled(9, tokens)));
        await session.SaveAsync(destination);
        return Trace(await ReadAsync(session.GenerateAsync(Sampled(1, 25))));
    }
}
