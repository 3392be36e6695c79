using System.IO;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Engine;
using Winnow.TestSupport;

namespace Winnow.Tests.Engine;

/// <summary>A real, trained model through the whole engine.</summary>
internal sealed class StoriesTests : EngineTests
{
    [Test]
    public async Task GenerateAsync_GreedilyTellsTheGoldenStory()
    {
        string golden = await File.ReadAllTextAsync(SharedFiles.Require("golden/stories260K.txt"));
        await using WinnowEngine engine = await WinnowEngine.LoadAsync(SharedFiles.Require("models/stories260K"), new EngineOptions { Threads = 1 });
        const string Prompt = "Once upon a time";
        var options = new GenerationOptions { Temperature = 0, MaxTokens = 196 };

        string story = Prompt + Text(await ReadAsync(engine.GenerateAsync(Prompt, options)));

        Assert.That(story, Is.EqualTo(golden));
    }

    [Test]
    public async Task AppendAsync_OfTheStoryInPartsContinuesItTheSameWay()
    {
        await using WinnowEngine engine = await WinnowEngine.LoadAsync(SharedFiles.Require("models/stories260K"), new EngineOptions { Threads = 1 });
        var options = new GenerationOptions { Temperature = 0, MaxTokens = 60 };
        await using Session session = engine.CreateSession();
        await session.AppendAsync("Once upon a time");
        string first = Text(await ReadAsync(session.GenerateAsync(options)));
        string second = Text(await ReadAsync(session.GenerateAsync(options)));

        string whole = Text(await ReadAsync(engine.GenerateAsync("Once upon a time", options with { MaxTokens = 120 })));

        Assert.That(first + second, Is.EqualTo(whole));
    }
}
