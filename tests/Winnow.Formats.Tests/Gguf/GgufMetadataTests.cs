using System;
using NUnit.Framework;
using Winnow.Formats.Gguf;

namespace Winnow.Formats.Tests.Gguf;

public sealed class GgufMetadataTests
{
    private static readonly GgufMetadata Sample = new GgufBytes(entries: 8)
        .EntryU32("count", 7)
        .Text("big").U32(10).U64(ulong.MaxValue)
        .Text("wide").U32(10).U64(1UL << 40)
        .EntryText("text", "x")
        .Text("list").U32(9).U32(10).U64(3).U64(1).U64(2).U64(1UL << 40)
        .Text("layers").U32(9).U32(4).U64(2).U32(4).U32(8)
        .Text("bad").U32(8).U64(2).Bytes(0xC3, 0x28)
        .Text("flag").U32(7).Bytes(1)
        .Open().Metadata;

    [Test]
    public void GetInt32_OtherIntegerTypesAreCheckedToRange()
    {
        Assert.That(Sample.GetInt32("count"), Is.EqualTo(7));
        Assert.That(Sample.GetInt64("wide"), Is.EqualTo(1L << 40));
        Assert.That(() => Sample.GetInt32("wide"), Throws.TypeOf<ModelFormatException>().With.Property("Key").EqualTo("wide"));
        Assert.That(() => Sample.GetInt64("big"), Throws.TypeOf<ModelFormatException>());
        Assert.That(() => Sample.GetInt32List("list"), Throws.TypeOf<ModelFormatException>());
    }

    [Test]
    public void Getters_WrongTypeThrowsEvenWithFallback()
    {
        Action[] wrong =
        [
            () => Sample.GetInt32("text", 1), () => Sample.GetInt32("flag", 1), () => Sample.GetInt32("layers", 1),
            () => Sample.GetDouble("text", 1), () => Sample.GetBool("count", true), () => Sample.GetString("count", "x"),
            () => Sample.GetString("bad"), () => Sample.GetUtf8List("text"), () => Sample.GetUtf8List("layers"),
            () => Sample.GetBoolList("layers"), () => Sample.GetSingleList("count"), () => Sample.GetInt32("absent"),
        ];
        foreach (Action getter in wrong)
        {
            Assert.That(() => getter(), Throws.TypeOf<ModelFormatException>().With.Property("Path").EqualTo("test.gguf"));
        }
    }

    [Test]
    public void Getters_MissingKeysGiveTheFallback()
    {
        Assert.That(Sample.GetInt32("absent", 3), Is.EqualTo(3));
        Assert.That(Sample.GetDouble("absent", 0.5), Is.EqualTo(0.5));
        Assert.That(Sample.GetBool("absent", true), Is.True);
        Assert.That(Sample.GetString("absent", "none"), Is.EqualTo("none"));
        Assert.That(Sample.Has("absent"), Is.False);
    }

    [Test]
    public void GetInt32PerLayer_ScalarsAndArraysGiveOneValuePerLayer()
    {
        Assert.That(Sample.GetInt32PerLayer("count", 3), Is.EqualTo(new[] { 7, 7, 7 }));
        Assert.That(Sample.GetInt32PerLayer("layers", 2), Is.EqualTo(new[] { 4, 8 }));
        Assert.That(Sample.GetInt32PerLayer("absent", 2, 5), Is.EqualTo(new[] { 5, 5 }));
        Assert.That(() => Sample.GetInt32PerLayer("layers", 3), Throws.TypeOf<ModelFormatException>());
        Assert.That(() => Sample.GetInt32PerLayer("absent", 3), Throws.TypeOf<ModelFormatException>());
    }

    [Test]
    public void Values_TextForPeopleIsShort()
    {
        Assert.That(Sample.Get("list").ToString(), Is.EqualTo("[1, 2, 1099511627776]"));
        Assert.That(Sample.Get("big").ToString(), Is.EqualTo("18446744073709551615"));
        Assert.That(Sample.Get("flag").ToString(), Is.EqualTo("true"));
        Assert.That(GgufValue.Text(new string('a', 1000)).ToString(), Has.Length.EqualTo(63));
        Assert.That(GgufValue.Numbers<float>(new float[10]).ToString(), Is.EqualTo("[0, 0, 0, 0, 0, 0, ... 10 in all]"));
        Assert.That(GgufValue.Texts(["a", "b"]).ToString(), Is.EqualTo("[a, b]"));
    }
}
