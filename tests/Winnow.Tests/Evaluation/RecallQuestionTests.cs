using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Evaluation;

namespace Winnow.Tests.Evaluation;

internal sealed class RecallQuestionTests
{
    private string _file = "";

    [SetUp]
    public void CreateFile() => _file = Path.GetTempFileName();

    [TearDown]
    public void DeleteFile() => File.Delete(_file);

    [Test]
    public async Task ReadAsync_GivesTheQuestionsInOrder()
    {
        await File.WriteAllTextAsync(_file, """
            {"length": 400, "context": "One.\n", "question": "Recall: \"a\"", "answer": " b."}

            {"answer": "d", "question": "c", "context": "Two", "length": 200, "more": [1]}
            """);

        IReadOnlyList<RecallQuestion> questions = await RecallQuestion.ReadAsync(_file);

        Assert.That(questions, Is.EqualTo(new[] { new RecallQuestion(400, "One.\n", "Recall: \"a\"", " b."), new RecallQuestion(200, "Two", "c", "d") }));
    }

    [TestCase("", "there is no question")]
    [TestCase("\n\n", "there is no question")]
    [TestCase("{", "line 1: this is not JSON")]
    [TestCase("\n7", "line 2: a question is a JSON object")]
    [TestCase("{}", "line 1: 'length'")]
    [TestCase("""{"length": 0, "context": "a", "question": "b", "answer": "c"}""", "line 1: 'length'")]
    [TestCase("""{"length": 1.5, "context": "a", "question": "b", "answer": "c"}""", "line 1: 'length'")]
    [TestCase("""{"length": 1, "context": "", "question": "b", "answer": "c"}""", "line 1: 'context'")]
    [TestCase("""{"length": 1, "context": "a", "question": 7, "answer": "c"}""", "line 1: 'question'")]
    [TestCase("""{"length": 1, "context": "a", "question": "b"}""", "line 1: 'answer'")]
    [TestCase("""{"length": 1, "context": "a", "question": "\ud800", "answer": "c"}""", "line 1: a text holds half")]
    public async Task ReadAsync_OfWhatIsNoQuestionNamesFileAndLine(string content, string says)
    {
        await File.WriteAllTextAsync(_file, content);

        Assert.That(async () => await RecallQuestion.ReadAsync(_file), Throws.TypeOf<WinnowException>().With.Message.StartWith(_file).And.Message.Contain(says));
    }

    [Test]
    public void ReadAsync_OfAMissingFileThrows()
    {
        Assert.That(async () => await RecallQuestion.ReadAsync(_file + ".not"), Throws.InstanceOf<IOException>());
    }
}
